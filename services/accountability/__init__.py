"""问责: leads handed over, accountability cases, measures."""
