"""The questions that supervision answers."""
