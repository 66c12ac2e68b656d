"""One sample for the whole run: played by `duban demo`, its data kept, its system started again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.cli.sample.city import AUDITOR
from shared.embedded.stack import Stack
from shared.embedded.system_map import BrokerKind
from shared.http.client import ApiClient
from tests.e2e.feeds import Fact, facts_of
from tests.support.command_line import Ended, duban

PLAYED_WITHIN = 400  # seconds; a bound, not a measure


@dataclass(frozen=True)
class Sample:
    """A sample that was played, and the directory that keeps it."""

    data: Path
    ended: Ended


@pytest.fixture(scope="session")
def sample(broker_kind: BrokerKind, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """What `duban demo --json` said, and its data."""
    data = tmp_path_factory.mktemp("sample") / "data"
    arguments = ("demo", "--json", "--broker", broker_kind, "--data", data)
    return Sample(data, duban(*arguments, within=PLAYED_WITHIN))


@pytest.fixture(scope="session")
def stack(sample: Sample, broker_kind: BrokerKind) -> Iterator[Stack]:
    """The system of the sample, started again on its data."""
    assert sample.ended.code == 0, sample.ended.stderr
    with Stack(sample.data, broker_kind=broker_kind) as running:
        yield running


@pytest.fixture(scope="session")
def facts(stack: Stack) -> tuple[Fact, ...]:
    """Every event of the sample, from the feeds, in the order of recording."""
    return facts_of(stack)


@pytest.fixture(scope="session")
def ask(stack: Stack) -> Callable[..., Ended]:
    """Run a `duban` command on the running system."""

    def asked(*arguments: str) -> Ended:
        return duban(*arguments, "--data", stack.data_dir)

    return asked


@pytest.fixture(scope="session")
def auditor(stack: Stack) -> Iterator[Callable[[str], ApiClient]]:
    """A client of each service that may read its whole log."""
    token = stack.issuer.issue(AUDITOR.ref, AUDITOR.org, *AUDITOR.roles)
    clients = {name: ApiClient(url, token) for name, url in stack.map.services.items()}
    yield clients.__getitem__
    for client in clients.values():
        client.close()
