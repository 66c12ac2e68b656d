"""反馈: what the inspection found, how it was fed back, and which leads were handed over."""
