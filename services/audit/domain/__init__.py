"""What follows from records: states at an instant, invariants. Pure; nothing here reads or asks."""
