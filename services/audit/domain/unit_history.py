"""A unit and everybody who answered for it, as its records tell it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.domain.known import Known
from shared.kernel.periods import civil_date


@dataclass
class UnitHistory:
    """The office-holders of one unit through time; fed with records of its organisation."""

    facts: dict[str, Any] = field(default_factory=dict)
    principals: list[tuple[datetime, Known]] = field(default_factory=list)
    links: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    posts: dict[tuple[str, str], str] = field(default_factory=dict)

    def feed(self, one: Known) -> None:
        """Take a record; those of other things are passed over."""
        if one.source != "directory":
            return
        data = one.data
        if one.type == "directory.organisation-registered":
            self.facts = {name: value for name, value in data.items() if name != "org"}
        elif one.type == "directory.appointment-changed":
            self.principals.append((datetime.fromisoformat(data["effective"]), one))
            self.principals.sort(key=lambda change: change[0])  # stable: the later known wins
        elif one.type in _LINKS:
            kind, fact = _LINKS[one.type]
            self.links.setdefault(kind, []).append((data["start"], data[fact], one.id))
            self.links[kind].sort(key=lambda link: link[0])
        elif one.type == "directory.person-appointed":
            self.posts[data["person_ref"], data["post"]] = data["start"]
        elif one.type == "directory.appointment-ended":
            self.posts.pop((data["person_ref"], data["post"]), None)

    def principal(self, at: datetime) -> dict[str, Any] | None:
        """Return the principal at this instant (主要负责人), None when the post is vacant."""
        held = [one.data for effective, one in self.principals if effective <= at]
        if not held or "incoming" not in held[-1]:
            return None
        last = held[-1]
        return {
            "person_ref": last["incoming"],
            "since": last["effective"],
            "acting": last.get("acting", False),
        }

    def former_principals(self, at: datetime) -> list[str]:
        """Return who held the post before, the latest first."""
        held = [one.data.get("incoming") for effective, one in self.principals if effective <= at]
        now = held[-1] if held else None
        return list(dict.fromkeys(one for one in reversed(held) if one and one != now))

    def linked(self, kind: str, at: datetime) -> str | None:
        """Return who is linked to the unit in this way at this instant."""
        day = civil_date(at).isoformat()
        started = [target for start, target, _ in self.links.get(kind, ()) if start <= day]
        return started[-1] if started else None

    def links_shown(self, kind: str) -> list[str]:
        """Return the ids of the events that show who is linked in this way."""
        return [event_id for _, _, event_id in self.links.get(kind, ())]

    @property
    def appointments_shown(self) -> list[str]:
        """The ids of the events that show who was principal."""
        return [one.id for _, one in self.principals]

    @property
    def knows_principals(self) -> bool:
        return bool(self.principals)

    def state(self, at: datetime) -> dict[str, Any]:
        """Return the unit as it stands at this instant."""
        return {
            **self.facts,
            "principal": self.principal(at),
            "former_principals": self.former_principals(at),
            "linked_office": self.linked("office", at),
            "resident_team": self.linked("team", at),
            "leader_in_charge": self.linked("leader", at),
            "posts": [
                {"person_ref": person, "post": post, "start": start}
                for (person, post), start in sorted(self.posts.items())
            ],
        }


_LINKS = {
    "directory.linked-office-assigned": ("office", "office"),
    "directory.resident-team-assigned": ("team", "team"),
    "directory.leader-in-charge-assigned": ("leader", "person_ref"),
}
