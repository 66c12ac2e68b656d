"""The bodies that feedback takes. Unknown fields are refused."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from services.feedback.application import (
    DepartmentRoute,
    FeedbackSession,
    LeadAddress,
    Reports,
)
from shared.contracts.base import (
    Code,
    Day,
    Decision,
    DocumentHash,
    Text,
    normalised,
)
from shared.contracts.feedback import (
    CoverageCategory,
    DeliveryKind,
    RecipientItems,
    RoundTarget,
    WorkingPaper,
)

Said = Annotated[Text, Field(min_length=1)]
"""Text that must say something."""


def _normalised(secret: SecretStr) -> SecretStr:
    return SecretStr(normalised(secret.get_secret_value()))


Secret = Annotated[SecretStr, Field(min_length=1, max_length=8000), AfterValidator(_normalised)]
"""Text that is sealed: no repr, log line, error or answer shows it."""


Purpose = Annotated[
    Text,
    Query(
        min_length=2, max_length=200, pattern=r"\S", description="why the content is opened (R344)"
    ),
]


class LeadContent(BaseModel):
    """The content of a lead, as its addressee sees it."""

    lead_no: str
    content: str = Field(repr=False)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def facts(self, *without: str) -> dict[str, Any]:
        """Return the fields as they were parsed, for the use case."""
        return {
            name: getattr(self, name) for name in type(self).model_fields if name not in without
        }


class OpenRound(Body):
    round_no: Code
    term: Code
    ordinal: int = Field(ge=1, le=1000)
    mode: Code
    targets: list[RoundTarget] = Field(min_length=1, max_length=200)


class AdoptCoveragePlan(Body):
    """The categories sum up to the total; no category stands twice."""

    term: Code
    categories: list[CoverageCategory] = Field(min_length=1, max_length=100)
    total: int = Field(ge=1, le=1_000_000)
    decision: Decision


class OpenJointAction(Body):
    """巡纪审联动: at least two bodies act together in a field."""

    action_no: Code
    field: Code
    partners: list[Code] = Field(max_length=20)
    opened_on: Day
    decision: Decision


class AuthoriseDeputy(Body):
    person_ref: Code
    decision: Decision


class FileReports(Reports):
    """`orphans` counts the items that one report alone carries (R064)."""

    round_no: Code

    def reports(self) -> Reports:
        return Reports(**self.model_dump(exclude={"round_no"}))


class DraftProblem(Body):
    problem_no: Code
    case_no: Code
    round_no: Code
    wording: Said
    category: Code
    cause: Code
    nature: Code
    concerns_person_or_matter: bool = False
    joint_action: Code | None = None


class SubstantiateProblem(Body):
    papers: list[WorkingPaper] = Field(max_length=50)


class ReturnDraft(Body):
    reason: Said


class ApproveProblem(Body):
    decision: Decision


class IssueFeedback(FeedbackSession):
    """`departments` are routed by cause and nature; `former_items` limit former principals."""

    departments: list[DepartmentRoute] = Field(default=[], max_length=50)
    former_items: list[RecipientItems] = Field(default=[], max_length=50)

    def session(self) -> FeedbackSession:
        return FeedbackSession(
            **{name: getattr(self, name) for name in FeedbackSession.model_fields}
        )


class RaiseObjection(Body):
    grounds: Said
    evidence: list[DocumentHash] = Field(min_length=1, max_length=50)


class DismissObjection(Body):
    reasons: Said
    decision: Decision


class AmendProblem(Body):
    wording: Said
    papers: list[WorkingPaper] = Field(max_length=50)
    decision: Decision


class WithdrawProblem(Body):
    reasons: Said
    decision: Decision


class ConfirmDelivery(Body):
    kind: DeliveryKind
    recipient: Code
    received_on: Day


class ReplyToNotice(Body):
    reply: DocumentHash
    replied_on: Day


class OfferLeadAgain(Body):
    """The content is sealed anew; without a new address the lead goes where it went before."""

    address: LeadAddress | None = None
    content: Secret


class OfferLead(LeadAddress):
    """A lead found in a case. `content` is sealed and never leaves this service's vault."""

    lead_no: Code
    case_no: Code
    kind: Code
    concerns_principal: bool = False
    post_level: Code
    problem_nos: list[Code] = Field(default=[], max_length=200)
    joint_action: Code | None = None
    content: Secret

    def address(self) -> LeadAddress:
        return LeadAddress(addressee=self.addressee, addressee_kind=self.addressee_kind)
