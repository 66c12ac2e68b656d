"""Which organisations are known, and who is principal of each by the last change?"""

from typing import Any

from pydantic import BaseModel

from shared.contracts.directory import AppointmentChanged, OrganisationRegistered
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class KnownOrganisation(BaseModel):
    """One organisation; no `principal` means that the post is vacant (A57)."""

    org: str
    name: str
    level: str
    category: str
    sector: str
    parent: str | None = None
    credit_code: str | None = None
    principal: str | None = None
    acting: bool = False


class Organisations(ReadModel):
    """The list of organisations, by their code."""

    NAME = "organisations"
    VERSION = 1
    TABLES = """
        CREATE TABLE organisation (
            org text PRIMARY KEY,
            name text NOT NULL,
            level text NOT NULL,
            category text NOT NULL,
            sector text NOT NULL,
            parent text,
            credit_code text,
            principal text,
            acting boolean NOT NULL DEFAULT false
        );
        CREATE INDEX organisation_parent_idx ON organisation (parent, org);
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case OrganisationRegistered() as event:
                _insert(cursor, event)
            case AppointmentChanged() as event:
                cursor.execute(
                    "UPDATE organisation SET principal = %s, acting = %s WHERE org = %s",
                    (event.incoming, event.acting, event.org),
                )


def _insert(cursor: Cursor, event: OrganisationRegistered) -> None:
    cursor.execute(
        "INSERT INTO organisation (org, name, level, category, sector, parent, credit_code)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (event.org, event.name, event.level, event.category, event.sector, event.parent,
         event.credit_code),
    )  # fmt: skip


def list_organisations(
    cursor: Cursor,
    *,
    parent: str | None,
    category: str | None,
    vacant: bool | None,
    after: str,
    limit: int,
) -> list[KnownOrganisation]:
    """Return up to `limit` organisations after the code `after`, filtered by what is given."""
    values: dict[str, Any] = {
        "parent": parent, "category": category, "vacant": vacant, "after": after, "limit": limit
    }  # fmt: skip
    cursor.execute(
        "SELECT * FROM organisation WHERE org > %(after)s"
        " AND (%(parent)s::text IS NULL OR parent = %(parent)s)"
        " AND (%(category)s::text IS NULL OR category = %(category)s)"
        " AND (%(vacant)s::boolean IS NULL OR (principal IS NULL) = %(vacant)s)"
        " ORDER BY org LIMIT %(limit)s",
        values,
    )
    return [KnownOrganisation.model_validate(row) for row in cursor.fetchall()]
