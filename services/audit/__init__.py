"""审计: what was known of everything at any instant, what must always hold, and who looked."""
