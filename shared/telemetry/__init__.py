"""Traces, metrics and logs: one registry of names, one trace from a command to its effects."""
