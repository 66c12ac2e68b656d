"""The questions that feedback answers."""
