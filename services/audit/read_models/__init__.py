"""What audit answers from its own log. How things stood is folded from followed records instead."""
