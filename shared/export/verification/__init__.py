"""The second verification of a bundle: fast, by `cryptography` and the code of the log itself.

It answers the same six questions as `shared/verifier` and shares no code with it but the
reducers: what one of them overlooks, the other may see.
"""

from shared.export.verification.findings import Answer, Findings, Report, Verdict
from shared.export.verification.verifying import Wanted, verify

__all__ = ["Answer", "Findings", "Report", "Verdict", "Wanted", "verify"]
