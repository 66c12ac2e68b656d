"""The dates that begin to run with a feedback, as the directory's policy gives them."""

from datetime import date

from services.feedback.application import Deadlines
from shared.contracts.directory import DueDate
from shared.http.directory import Directory
from shared.kernel.errors import UnavailableError

PARAMETER_OF = {
    "plan_due": "plan_submit_within",
    "window_end": "concentrated_window",
    "rectify_by": "task_deadline",
    "reply_due": "copy_notice_reply_within",
    "objection_until": "objection_window",
}


def deadlines_from(directory: Directory, issued_on: date) -> tuple[Deadlines, str]:
    """Return the deadlines counted from the day of the feedback, and the edition they rest on.

    Raises UnavailableError when the edition changed between two answers: ask again.
    """
    found: dict[str, DueDate] = {
        name: directory.due(parameter, issued_on) for name, parameter in PARAMETER_OF.items()
    }
    editions = {one.edition for one in found.values()}
    if len(editions) != 1:
        raise UnavailableError("the policy edition has just changed")
    dates = Deadlines.model_validate({name: one.due for name, one in found.items()})
    return dates, editions.pop()
