"""Who is the accountable supervisor of a case now, as supervision told it."""

from shared.contracts.rectification import SupervisorNoted
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor
from shared.kernel.errors import RefusedError


class NotTheAccountableSupervisorError(RefusedError):
    """Exactly one body answers for the case in each phase; only it grants a later date (R135)."""

    code = "not-the-accountable-supervisor"
    title = "Another supervisor is accountable for the case now"


class CaseSupervisor(Aggregate):
    """The stream `supervisor/<case_no>`: beside the case, since it may be told before it opens."""

    KIND = "supervisor"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.phase = self.supervisor = ""

    def note(self, phase: str, supervisor: str) -> None:
        """Take note of who is accountable from now on (T40, A12)."""
        if (phase, supervisor) != (self.phase, self.supervisor):
            self.record(SupervisorNoted(case_no=self.key, phase=phase, supervisor=supervisor))

    def require_accountable(self, actor: Actor) -> None:
        """Demand the accountable supervisor (T16): the team leader in person, or the body."""
        if not self.supervisor or self.supervisor not in (actor.person_ref, actor.org):
            raise NotTheAccountableSupervisorError(
                "another supervisor is accountable now", case_no=self.key
            )

    @applies(SupervisorNoted)
    def _noted(self, event: SupervisorNoted) -> None:
        self.phase, self.supervisor = event.phase, event.supervisor
