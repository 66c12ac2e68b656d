"""Statistics over HTTP: as of any moment, with everything that reproduces the number."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.audit.api.moments import AskedMoment, Positions, asked_moment
from services.audit.application.figures import Figures
from services.audit.domain.statistics import (
    Audience,
    Cell,
    Count,
    Difference,
    Scope,
    Statistic,
    definitions,
)
from services.audit.schemas import (
    DefinitionLine,
    DifferencePage,
    Figure,
    FigureAgain,
    FigureCell,
    Quantity,
)
from shared.contracts.base import (
    Code,
    Day,
)
from shared.http.commands import reader
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import InvalidValueError

Asking = Annotated[
    Actor,
    Depends(
        reader(
            Role.AUD, Role.OFF, Role.LG, Role.SEC, Role.COM, Role.DCI, Role.ORG, Role.DSO,
            Role.RDT, Role.PUB,
        )
    ),
]  # fmt: skip
"""Who may ask at all; the definition decides what of it."""

Text = Annotated[str | None, Query(max_length=200)]


def asked_scope(
    tenant: Text = None,
    level: Text = None,
    term: Text = None,
    rounds: Annotated[list[int] | None, Query(description="ordinals within the term")] = None,
    since: Day | None = None,
    until: Day | None = None,
) -> Scope:
    """Return the part of the work that is meant."""
    return Scope(tenant or "", level or "", term or "", tuple(rounds or ()), since, until)


AskedScope = Annotated[Scope, Depends(asked_scope)]


def statistic_routes(figures: Figures) -> APIRouter:
    """Return the routes under `/statistics`."""
    router = APIRouter(tags=["statistics"])

    @router.get("/statistics")
    def list_definitions(_: Asking) -> list[DefinitionLine]:
        """Return every statistic: its question, unit, definition and dimensions."""
        return [
            DefinitionLine(
                name=known.name,
                question=known.question,
                unit=known.unit.CODE,
                definition=known.text,
                version=known.version,
                dims=list(known.dims),
                of=known.of or None,
            )
            for known in definitions()
        ]

    @router.get("/statistics/{name}")
    def answer(
        name: Code,
        actor: Asking,
        moment: AskedMoment,
        scope: AskedScope,
        dims: Annotated[list[str] | None, Query()] = None,
        where: Annotated[list[str] | None, Query(description="only these: `dim:value`")] = None,
    ) -> Figure:
        """Return the number; for publication without cells of few persons."""
        told = figures.stat(
            name,
            scope=scope,
            moment=moment,
            dims=dims or (),
            where=_pairs(where or []),
            audience=Audience(role=actor.role),
        )
        return figure_of(told)

    @router.get("/statistics/{name}/difference")
    def tell_difference(
        name: Code,
        actor: Asking,
        moment: AskedMoment,
        scope: AskedScope,
        until_position: Positions | None = None,
    ) -> DifferencePage:
        """Return by which events the number changed from the moment until `until_position`."""
        after = asked_moment(at_position=until_position)
        audience = _auditing(actor)
        return _difference_of(
            figures.difference(name, moment, after, scope=scope, audience=audience)
        )

    @router.get("/reports/{report_no}/figures")
    def reproduce(report_no: Code, actor: Asking) -> list[FigureAgain]:
        """Count every figure of a thematic report again, at its positions and now (INV-17)."""
        return [
            FigureAgain(
                name=found.name,
                stated=found.stated,
                definition_version=found.definition_version,
                recomputed=found.recomputed,
                is_same=found.is_same,
                until_now=_difference_of(found.until_now),
            )
            for found in figures.reproduced(report_no, audience=_auditing(actor))
        ]

    return router


def figure_of(told: Statistic[Any]) -> Figure:
    """Return the answer as it is sent."""
    return Figure(
        name=told.name,
        question=told.question,
        definition=told.definition,
        definition_version=told.definition_version,
        unit=told.unit.CODE,
        unit_name=told.unit.CHINESE,
        value=_quantity(told.value),
        numerator=_quantity(told.numerator),
        denominator=_quantity(told.denominator),
        positions=dict(told.positions),
        as_of=told.as_of,
        late_events=told.late_events,
        suppressed_cells=told.suppressed_cells,
        cells=[_cell_of(cell) for cell in told.cells],
        overlaps={name: _quantity(count) for name, count in told.overlaps.items()},
    )


def _cell_of(cell: Cell[Any]) -> FigureCell:
    return FigureCell(dims=dict(cell.dims), value=cell.value.value if cell.value else None)


def _quantity(count: Count[Any] | None) -> Quantity | None:
    return Quantity(value=count.value, unit=count.unit.CODE) if count is not None else None


def _difference_of(told: Difference) -> DifferencePage:
    kinds = {"added": told.added, "removed": told.removed, "changed": told.changed}
    return DifferencePage.model_validate(
        {
            "before": figure_of(told.before),
            "after": figure_of(told.after),
            **{name: [vars(change) for change in changes] for name, changes in kinds.items()},
        }
    )


def _auditing(actor: Actor) -> Audience:
    """What counts one by one is nothing to publish: no role that publishes gets it."""
    role = Role.RESP if actor.role is Role.PUB else actor.role
    return Audience(role=role)


def _pairs(parts: list[str]) -> dict[str, str]:
    pairs = [part.partition(":") for part in parts]
    if not all(colon for _, colon, _ in pairs):
        raise InvalidValueError("a filter is written dim:value")
    return {dim: value for dim, _, value in pairs}
