"""组织目录: who is who, who answers for what since when, and which rules hold."""
