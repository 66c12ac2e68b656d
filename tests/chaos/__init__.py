"""Faults: users play problems to closing while a nemesis strikes; then everything is read.

`users` speak over HTTP only and keep a `journal` of what was acknowledged; `nemesis` draws `faults`
from a seed; `checker` reads every store, inbox, topic and read model and says what is lost, doubled
or broken. `python -m tests.chaos` is `make chaos`.

The seed decides which faults come in which order, at which moments, on which victims, and what the
users do. It does not decide how the operating system interleaves the processes: the same seed is
the same storm, not the same history.
"""
