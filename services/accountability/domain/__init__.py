"""The rules of accountability: leads, cases, and what may leave this service."""
