"""Who acts: a person (as a pseudonym), for an organisation, in one role, through a channel."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Role(StrEnum):
    """The roles of the field. The Chinese terms stand in docs/glossary.md."""

    COM = "COM"  # dispatching committee 派出巡视组的党组织
    SEC = "SEC"  # secretary's special meeting 书记专题会
    LG = "LG"  # inspection leading group 巡视巡察工作领导小组
    OFF = "OFF"  # inspection office 巡察办
    TL = "TL"  # inspection team leader 巡察组组长
    TM = "TM"  # inspection team member 巡察组成员
    NRD = "NRD"  # non-resident deputy leader 不驻组的副组长
    DSO = "DSO"  # linked discipline-supervision office 监督检查室
    RDT = "RDT"  # resident discipline team 派驻纪检监察组
    DCI = "DCI"  # discipline case handlers 纪委监委
    ORG = "ORG"  # organisation department 组织部门
    PUB = "PUB"  # publicity department 宣传部
    CGO = "CGO"  # committee general office 党办
    LIC = "LIC"  # leader in charge 分管领导
    FUN = "FUN"  # functional department 职能部门
    AUX = "AUX"  # political-legal, audit, petition bodies 政法、审计、信访
    UP = "UP"  # principal of the inspected organisation 党组织主要负责人
    UM = "UM"  # leadership-team member of the unit 班子成员
    UH = "UH"  # unit's handler 经办
    XP = "XP"  # former principal 原主要负责人
    UPP = "UPP"  # upper-level organisation of the unit 上级党组织
    JSG = "JSG"  # joint supervision group 联合督查组
    PAN = "PAN"  # evaluation panel 考评组
    RESP = "RESP"  # poll respondent 党员干部群众
    ASM = "ASM"  # annual assessment authority 年终综合考核
    AUD = "AUD"  # auditor (reads only)
    ADM = "ADM"  # technical administrator (no business content)
    SYSTEM = "SYSTEM"  # a reaction or a timer of a service


class Actor(BaseModel):
    """One acting subject, as it is written into every record.

    `person_ref` is a pseudonym, never a name; `via` is the channel (`http`, `policy`, `timer`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_ref: str
    org: str
    role: Role
    via: str = "http"


def system_actor(service: str, via: str) -> Actor:
    """Return the actor that a service itself is when a reaction or a timer acts."""
    return Actor(person_ref=f"system:{service}", org=f"duban:{service}", role=Role.SYSTEM, via=via)
