"""The five dimensions of an evaluation (五个维度, R201), each in points 0–100."""

from pydantic import Field

from shared.contracts.base import Facts


class DimensionScores(Facts):
    """安排部署、制定方案、整改落实、源头预防、情况报送."""

    deployment: int = Field(ge=0, le=100)
    plan: int = Field(ge=0, le=100)
    implementation: int = Field(ge=0, le=100)
    prevention: int = Field(ge=0, le=100)
    reporting: int = Field(ge=0, le=100)

    def can_weigh_to(self, score: int) -> bool:
        """Whether some weighing of the five gives this score: it lies among them."""
        points = (
            self.deployment, self.plan, self.implementation, self.prevention, self.reporting,
        )  # fmt: skip
        return min(points) <= score <= max(points)
