"""A small feedback service on real servers: leads with sealed content, a sealed log, its routes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from services.feedback.domain.leads import Lead, LeadAddress, LeadOrigin
from shared.contracts.base import Sealed
from shared.contracts.feedback import LeadAddresseeKind
from shared.eventstore.sealing import Vault
from shared.export.trust_folder import TrustFolder
from shared.http.app import create_app
from shared.http.client import ApiClient
from shared.http.commands import Commands
from shared.http.identity import LocalIssuer, TokenVerifier
from shared.kernel.actor import Role
from shared.kernel.ids import CountingIds
from shared.reducers import REDUCER
from shared.service.sealed_values import sealed_value_routes
from shared.tlog import trust
from shared.tlog.api import log_routes
from shared.tlog.notes import VerifierKey
from shared.tlog.trust import LogKey, Reducer, Trust
from tests.integration.eventstore.drafts import SERVICE, command
from tests.integration.http.small_service import served
from tests.integration.tlog.archive import TENANT, Archive
from tests.support.signers import WordSigner, witness_signer

ROOT = WordSigner("duban.invalid/city.yunlan/root")
WITNESS = witness_signer("duban.invalid/city.yunlan/witness/audit")
SLOW = httpx.Timeout(30)
_keys = count(1)


@dataclass
class Office:
    """The service, whoever speaks to it, and its trust note."""

    archive: Archive
    issuer: LocalIssuer
    base: str
    vault: Vault = field(default_factory=lambda: Vault(b"v" * 32))

    def offer(self, lead_no: str, content: str) -> Sealed:
        """Offer a lead whose content is sealed."""
        value = self.vault.seal(lead_no, "content", content)
        work = self.archive.store.begin(command(f"offer-{lead_no}"))
        lead = work.create(Lead, lead_no).offer(
            LeadOrigin(
                case_no="YL-T1R1-U01", round_no="YL-T1R1", unit="o-water", kind="ECONOMY",
                concerns_principal=False, post_level="COUNTY-CHIEF", problem_nos=[],
            ),
            LeadAddress(
                addressee="o-cdi", addressee_kind=LeadAddresseeKind.DISCIPLINE_COMMISSION
            ),
            value.sealed,
        )  # fmt: skip
        work.save(lead)
        work.commit([value.keep])
        return value.sealed

    def client(self, *roles: Role) -> ApiClient:
        return ApiClient(self.base, self.issuer.issue("p-handler", "o-cdi", *roles), timeout=SLOW)

    def post(self, path: str, body: object, role: Role, *, key: str = "") -> httpx.Response:
        """Give a command as somebody in this role."""
        headers = {
            "Authorization": f"Bearer {self.issuer.issue('p-handler', 'o-cdi', role)}",
            "Idempotency-Key": key or f"erasure-{next(_keys):04}",
        }
        return httpx.post(f"{self.base}{path}", json=body, headers=headers, timeout=20)

    @property
    def trust(self) -> TrustFolder:
        """The one trust note: this log's key, our reducers, and no witness is asked for."""
        log = LogKey(SERVICE, self.archive.signer.vkey)
        reducer = Reducer(REDUCER["name"], REDUCER["version"], REDUCER["digest"])
        note = trust.following(Trust(TENANT, 1, "-", (log,), (), 0, (reducer,)), [], ROOT)
        return TrustFolder(VerifierKey.parse(str(ROOT.vkey)), (note.encode(),))


@contextmanager
def opened_office(archive: Archive, directory: Path) -> Iterator[Office]:
    """Serve the office on a free port."""
    issuer = LocalIssuer(directory, clock=archive.clock)
    office = Office(archive, issuer, "")
    app = create_app(
        SERVICE,
        store=archive.store,
        commands=Commands(archive.store, TENANT, archive.clock, CountingIds("command")),
        routers=[
            log_routes(archive.tlog, archive.states, [str(WITNESS.vkey)], seals=True),
            sealed_value_routes(archive.store, office.vault),
        ],
        tokens=TokenVerifier(
            str(issuer.jwks), issuer=issuer.issuer, audience=issuer.audience, clock=archive.clock
        ),
        ready=lambda: {"database": True},
    )
    with served(app) as base:
        office.base = base
        yield office
