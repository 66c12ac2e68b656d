"""How audit asks other services."""
