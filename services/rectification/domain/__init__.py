"""The rules of rectification: cases and plans, problems, the unit and its principal."""
