"""One run: the system, the users, the nemesis; then calm, operators, and the checker."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.cli.invariants import added_up
from shared.cli.sample.city import AUDITOR
from shared.cli.sample.verdict import behind
from shared.embedded.system_map import SERVICES, BrokerKind
from shared.http.client import ApiClient
from tests.chaos.battlefield import Battlefield
from tests.chaos.checker import findings
from tests.chaos.evidence import BUILDS, Evidence, Store
from tests.chaos.findings import Finding, broken, counted
from tests.chaos.nemesis import Nemesis
from tests.chaos.system import WoundedStack
from tests.chaos.users import JournalingPlayer
from tests.chaos.workload import Workload, city_of

CALM_WITHIN = 300.0
PATIENCE = 300.0
SETTLED_WITHIN = 240.0
END = "SELECT coalesce(max(notification_id), 0) FROM stored_events"
INVARIANTS, STORIES = "invariants", "stories"


@dataclass(frozen=True)
class Plan:
    """What a run is to be."""

    seed: int
    minutes: float
    broker: BrokerKind
    faults: Sequence[str]
    rounds: int
    small_disk: bool


@dataclass
class Run:
    """`phase` is what goes on, for whoever watches; `stopping` ends the storm before its time."""

    plan: Plan
    directory: Path
    report: Callable[[str], None]
    phase: str = "starting"
    nemesis: Nemesis | None = None
    workload: Workload | None = None
    found: list[Finding] = field(default_factory=list)
    restarts: Counter[str] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)
    seconds: float = 0.0

    def carry_out(self) -> dict[str, Any]:
        """Let it happen; return the figures."""
        begun, plan = time.monotonic(), self.plan
        stack = WoundedStack(
            self.directory / "data", plan.seed, plan.broker, small_disk=plan.small_disk
        )
        with stack:
            player = JournalingPlayer(stack.map.services, stack.issuer, patience_s=PATIENCE)
            try:
                self._storm(stack, player)
                self._check(stack, player)
            finally:
                player.close()
        self.restarts = stack.restarts
        self.seconds = time.monotonic() - begun
        return self.figures(player)

    def _storm(self, stack: WoundedStack, player: JournalingPlayer) -> None:
        self.workload = Workload(player, city_of(self.plan.rounds, self.plan.seed))
        ground = Battlefield(stack, player, self.stopping)
        self.nemesis = Nemesis(ground, self.plan.seed, self.plan.faults, self.report)
        users = threading.Thread(target=self.workload.run, name="users", daemon=True)
        self.phase = "storm"
        users.start()
        self.nemesis.run(time.monotonic() + self.plan.minutes * 60)
        self.phase = "calm"
        ground.recover()
        self.workload.stopping.set()
        self._keep_clear(ground, users)
        self.found += ground.findings
        self.found += [broken(STORIES, "", story) for story in self.workload.broken]

    def _keep_clear(self, ground: Battlefield, users: threading.Thread) -> None:
        """Operators clear what is parked while the users finish what they have in hand."""
        deadline = time.monotonic() + CALM_WITHIN
        while users.is_alive() and time.monotonic() < deadline:
            users.join(3)
            for service in SERVICES:
                ground.operators.clear(service, within=5)
        if users.is_alive():
            self.found.append(broken(STORIES, "", "the users did not come to an end"))
        for service in SERVICES:
            ground.operators.clear(service)

    def _check(self, stack: WoundedStack, player: JournalingPlayer) -> None:
        self.phase = "settling"
        databases = {name: stack.postgres.uri(name) for name in SERVICES}
        _settle(databases)
        topics = Battlefield(stack, player).topics
        published = {name: topics.values(name) for name in SERVICES}
        self.found += _invariants(stack)
        self.phase = "checking"
        stack.stop_services()
        player.journal.keep(self.directory / "journal.ndjson")
        self.found += findings(Evidence.of(databases, player.journal, published))

    def figures(self, player: JournalingPlayer) -> dict[str, Any]:
        """Return what is to be written down."""
        assert self.nemesis is not None and self.workload is not None
        journal = player.journal
        return {
            "seed": self.plan.seed,
            "broker": self.plan.broker,
            "minutes": self.plan.minutes,
            "seconds": round(self.seconds, 1),
            "faults": dict(sorted(self.nemesis.struck.items())),
            "missed": dict(sorted(self.nemesis.missed.items())),
            "not_struck": sorted(set(self.plan.faults) - set(self.nemesis.struck)),
            "acknowledged": len(journal.acknowledged),
            "refused": dict(sorted(journal.refusals.items())),
            "retried": journal.retried,
            "reads": len(journal.seen),
            "told": dict(self.workload.told),
            "restarts": dict(self.restarts),
            **counted(self.found),
            "findings": [f"{f.kind} {f.check} {f.service}: {f.what}" for f in self.found],
        }


def _settle(databases: dict[str, str]) -> None:
    deadline = time.monotonic() + SETTLED_WITHIN
    while time.monotonic() < deadline and (behind(databases) or unprojected(databases)):
        time.sleep(0.5)  # between questions: other processes are settling


def unprojected(databases: dict[str, str]) -> bool:
    """Whether a read model has not come to the end of its log."""
    stores = [Store(name, url) for name, url in databases.items()]
    return any(
        position < store.rows(END)[0][0] for store in stores for _, position in store.rows(BUILDS)
    )


def _invariants(stack: WoundedStack) -> list[Finding]:
    """Return what audit finds when it examines everything anew."""
    token = stack.issuer.issue(AUDITOR.ref, AUDITOR.org, *AUDITOR.roles)
    pages: list[dict[str, Any]] = []
    with ApiClient(stack.url("audit"), token) as client:
        while not pages or pages[-1]["next"]:
            after = pages[-1]["next"] if pages else None
            pages.append(client.get("/v1/invariants", {"recompute": True, "after": after}))
    return [
        broken(INVARIANTS, "audit", f"{one['invariant']} {one['number']}: {one['what']}")
        for one in added_up(pages)["violations"]
    ]
