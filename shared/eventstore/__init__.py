"""The event store: the record, its order, its safety, and what is derived from it."""
