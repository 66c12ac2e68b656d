"""What can be asked of the directory as a list."""
