"""Posts other than principal: who holds which from when to when. Two people may hold one post."""

from dataclasses import dataclass, field
from datetime import date

from shared.kernel.errors import RefusedError

PRINCIPAL = "PRINCIPAL"


class PrincipalPostError(RefusedError):
    """The principal's post changes hands in one step, never by a second appointment (R012)."""

    code = "principal-post"
    title = "The principal is changed, not appointed beside another"


class OverlappingAppointmentError(RefusedError):
    code = "overlapping-appointment"
    title = "The person holds the post in that time already"


class NotHeldError(RefusedError):
    code = "post-not-held"
    title = "The person does not hold the post"


@dataclass(frozen=True)
class Held:
    """One time in one post; `end` is the first day without it, None while it lasts."""

    person_ref: str
    post: str
    start: date
    end: date | None = None


@dataclass
class Posts:
    """Every time in a post, in the order of appointment."""

    held: list[Held] = field(default_factory=list)

    def require_free(self, person_ref: str, post: str, start: date) -> None:
        """Raises PrincipalPostError or OverlappingAppointmentError (backdated included)."""
        if post == PRINCIPAL:
            raise PrincipalPostError("change the principal instead")
        last = self._last(person_ref, post)
        if last and (last.end is None or start < last.end):
            raise OverlappingAppointmentError("it was held then", person_ref=person_ref, post=post)

    def require_held(self, person_ref: str, post: str, end: date) -> None:
        """Raises NotHeldError unless the post is held and was taken before `end`."""
        last = self._last(person_ref, post)
        if last is None or last.end is not None or end <= last.start:
            raise NotHeldError("it is not held then", person_ref=person_ref, post=post)

    def take(self, person_ref: str, post: str, start: date) -> None:
        self.held.append(Held(person_ref, post, start))

    def end(self, person_ref: str, post: str, end: date) -> None:
        last = self._last(person_ref, post)
        self.held = [
            Held(one.person_ref, one.post, one.start, end) if one is last else one
            for one in self.held
        ]

    def holders(self, on: date) -> list[str]:
        """Return who holds any post on this day, in the order of appointment."""
        held = [one for one in self.held if one.start <= on and (one.end is None or on < one.end)]
        return list(dict.fromkeys(one.person_ref for one in held))

    def _last(self, person_ref: str, post: str) -> Held | None:
        times = [one for one in self.held if (one.person_ref, one.post) == (person_ref, post)]
        return times[-1] if times else None
