"""The deployables. No service imports another service."""
