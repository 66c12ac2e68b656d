"""What the policy in force says, as the domain takes it."""

from services.supervision.domain.evaluation import EvaluationScheme
from shared.contracts.directory import PolicyView
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import RefusedError


class PolicyParameterMissingError(RefusedError):
    """The policy edition in force does not name a parameter that the decision rests on."""

    code = "policy-parameter-missing"


def number(uow: UnitOfWork, policy: PolicyView, name: str) -> int:
    """Return the parameter, and note in the record which edition was consulted."""
    if name not in policy.numbers:
        raise PolicyParameterMissingError(f"{policy.edition} does not name {name}", parameter=name)
    uow.under(policy.edition)
    return policy.numbers[name]


def scheme(uow: UnitOfWork, policy: PolicyView, version: str) -> EvaluationScheme:
    """Return the evaluation scheme: weights in percent, marks in points (R200, A18, A19)."""
    return EvaluationScheme(
        version=version,
        weight_self=number(uow, policy, "weight_self"),
        weight_panel=number(uow, policy, "weight_panel"),
        weight_poll=number(uow, policy, "weight_poll"),
        pass_mark=number(uow, policy, "pass_mark"),
        low_mark=number(uow, policy, "low_mark"),
        min_pairs=number(uow, policy, "closure_min_pairs"),
    )
