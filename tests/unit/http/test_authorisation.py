"""Who may do what: roles, so far."""

import pytest
from structlog.testing import capture_logs

from shared.http.authorisation import authorise
from shared.http.identity import Principal
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError

LI = Principal("p-li", "o-office", frozenset({Role.TL, Role.OFF}))


class TestAuthorise:
    def test_acts_in_the_first_role_named_that_is_held(self) -> None:
        actor = authorise(LI, "IssueFeedback", [Role.LG, Role.OFF, Role.TL])

        assert actor == Actor(person_ref="p-li", org="o-office", role=Role.OFF, via="http")

    def test_refuses_and_logs_who_holds_none(self) -> None:
        with capture_logs() as lines, pytest.raises(ForbiddenError, match="COM, SEC"):
            authorise(LI, "ApproveReport", [Role.COM, Role.SEC])

        [line] = lines
        assert (line["event"], line["command"], line["person_ref"]) == (
            "forbidden",
            "ApproveReport",
            "p-li",
        )

    def test_without_roles_any_role_of_ours_will_do(self) -> None:
        assert authorise(LI, "GET /v1/problems", []).role is Role.OFF
        with pytest.raises(ForbiddenError):
            authorise(Principal("p-x", "o-x", frozenset()), "GET /v1/problems", [])
