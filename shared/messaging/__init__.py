"""From the event log of one service to the reactions of the others, with effects exactly once.

`relay.py` publishes a service's log to Kafka; `consumer.py` follows the topics of other services
and lets `handling.py` run the reactions; `inbox.py` remembers, in the transaction of the effects,
how far each stream has been consumed; `dead_letters.py` keeps what could not be handled.
"""
