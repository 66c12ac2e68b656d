"""Issues bearer tokens from a local stack's own key."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.output import AsJson, print_json, told
from shared.cli.surroundings import DEFAULT_DATA, local_issuer
from shared.http.identity import principal_from
from shared.kernel.actor import Role
from shared.kernel.errors import InvalidValueError, UnauthenticatedError


@told
def token(
    person_ref: Annotated[str, typer.Argument(help="The pseudonym, e.g. p-office.")],
    org: Annotated[str, typer.Option(help="The organisation, e.g. inspection-office.")],
    role: Annotated[list[Role], typer.Option(help="A role; may be given several times.")],
    hours: Annotated[int, typer.Option(min=1, max=24 * 31, help="How long it holds.")] = 12,
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Print a bearer token for a local stack.

    Only services started by `duban up` accept it. In production tokens come from your own OIDC
    issuer: point DUBAN_JWKS, DUBAN_ISSUER and DUBAN_AUDIENCE to it.
    """
    _require_acceptable(person_ref, org)
    issued = local_issuer(data).issue(person_ref, org, *role, lifetime=timedelta(hours=hours))
    if as_json:
        print_json({"token": issued, "hours": hours})
    else:
        typer.echo(issued)


def _require_acceptable(person_ref: str, org: str) -> None:
    """Refuse what every service would refuse in the token."""
    try:
        principal_from({"person_ref": person_ref, "org": org})
    except UnauthenticatedError as error:
        raise InvalidValueError(error.detail) from error
