"""Faults: users play problems to closing while a nemesis strikes; then everything is read.

`users` speak over HTTP only and keep a `journal` of what was acknowledged; `nemesis` draws `faults`
from a seed; `checker` reads every store, inbox, topic and read model and says what is lost, doubled
or broken. `python -m tests.chaos` is `make chaos`.

The seed decides which faults come in which order, at which moments, on which victims, and what the
users do. It does not decide how the operating system interleaves the processes: the same seed is
the same storm, not the same history.

Not struck: a machine that loses power (what the kernel holds survives kill -9), a disk that lies
about fsync or turns bits, more than one broker or database node and a split among them, packets
that are lost within a connection, memory that runs out. Clocks are set wrong for Duban's own clock,
not for the operating system. There is one edition of the contracts so far: a rolling restart goes
from this edition to itself. The audit service is a reader: people give it no commands here.
"""
