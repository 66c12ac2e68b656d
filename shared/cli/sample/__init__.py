"""The sample: an invented city, and the story of its inspection rounds, told over HTTP."""
