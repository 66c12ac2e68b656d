"""The events: one vocabulary, owned by the publishing service, consumed by everybody.

One module per publishing service; `base.py` says what an event is; `registry.py` finds a class
by its stored type and schema version; `corpus/` holds one stored sample per event and version.
"""
