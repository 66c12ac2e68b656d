"""THE one place for the rules about who may do what.

Now: roles. Later, here and nowhere else: attributes (whose unit, whose round, which link), data
classes (C0 … C5) and separation of duties. Routes name the roles; only this module decides.
"""

from collections.abc import Sequence

from shared.http.identity import Principal
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError
from shared.telemetry.logs import logger

FEED_READERS: tuple[Role, ...] = (Role.SYSTEM, Role.AUD)
"""Who may read a service's whole log: the services among themselves, and auditors."""


def authorise(principal: Principal, command_name: str, roles: Sequence[Role]) -> Actor:
    """Return the actor in the first of `roles` that the principal holds.

    Raises ForbiddenError, logged, if it holds none of them. No roles = whoever is authenticated
    and holds any role of ours.
    """
    acting = _acting_role(principal, roles)
    if acting is None:
        _log_refusal(principal, command_name, roles)
        open_to = ", ".join(roles) or "those who hold a role"
        raise ForbiddenError(f"{command_name} is open to {open_to}", command=command_name)
    return Actor(person_ref=principal.person_ref, org=principal.org, role=acting)


def _acting_role(principal: Principal, roles: Sequence[Role]) -> Role | None:
    wanted = roles or sorted(principal.roles)
    return next((role for role in wanted if role in principal.roles), None)


def _log_refusal(principal: Principal, command_name: str, roles: Sequence[Role]) -> None:
    logger("http").warning(
        "forbidden",
        command=command_name,
        person_ref=principal.person_ref,
        org=principal.org,
        holds=sorted(principal.roles),
        open_to=list(roles),
    )
