"""What rectification can be asked; each file answers one question from the events alone."""
