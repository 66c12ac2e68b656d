"""Joint actions with their problems and leads (Q11): a part of those found, never added to them."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.leads import transferred
from services.audit.domain.statistics.problems import found
from services.audit.domain.statistics.units import JointActions, Leads, Problems
from services.audit.domain.statistics.views import View

FROM_NONE = "-"


@statistic("joint.actions", JointActions, "Q11", is_publishable=True, dims=("field",))
def actions(view: View) -> Iterator[Item]:
    """Joint actions (巡纪审联动) opened in scope."""
    for fact in view.of("feedback.joint-action-opened"):
        dims = view.place(fact) | {"field": fact.data["field"]}
        yield Item(fact.data["action_no"], dims, (fact,))


@statistic(
    "joint.problems", Problems, "Q11", overlaps=("problems.found",), is_publishable=True,
    dims=("joint_action",),
)  # fmt: skip
def problems(view: View) -> Iterator[Item]:
    """Problems issued that name a joint action as their origin; they count as found, too (A30)."""
    yield from (item for item in found.count(view) if item.dims["joint_action"] != FROM_NONE)


@statistic(
    "joint.leads", Leads, "Q11", overlaps=("leads.transferred",), is_restricted=True,
    is_publishable=True, dims=("joint_action",),
)  # fmt: skip
def leads(view: View) -> Iterator[Item]:
    """Leads transferred that name a joint action as their origin (A30)."""
    yield from (item for item in transferred.count(view) if item.dims["joint_action"] != FROM_NONE)
