"""Exports of the sealed logs: one deterministic ZIP that proves itself, and its fast verification.

What stands in a bundle is told by `shared/verifier/FORMAT.md`.
"""
