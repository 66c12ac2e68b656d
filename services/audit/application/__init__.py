"""What audit does: keep what the services record, tell how things stood, note who looked."""

from services.audit.application.audit import AuditApplication
from services.audit.application.findings import Findings, Overview
from services.audit.application.followed_records import FollowedRecords
from services.audit.application.time_travel import ProblemFilter, TimeTravel

__all__ = [
    "AuditApplication",
    "Findings",
    "FollowedRecords",
    "Overview",
    "ProblemFilter",
    "TimeTravel",
]
