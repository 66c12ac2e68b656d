"""What can be asked of accountability as a list."""
