"""Measured side by side: every figure stands beside a floor or a peer of the same run."""
