"""Shows checkpoints to a witness of another organisation, and brings its cosignatures back."""

from collections.abc import Mapping
from enum import Enum

import httpx

from shared.http.client import ApiClient
from shared.kernel.errors import RefusedError, UnavailableError
from shared.kernel.ids import Ids, RandomIds
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import consistency_proof
from shared.tlog.notes import Note
from shared.tlog.proofs import encode_hashes
from shared.tlog.tiles import Tile, TileHashes
from shared.tlog.witness import request

TRIES = 3


class WitnessRefusesError(RefusedError):
    """The witness does not cosign: the log is unknown to it, or does not continue what it saw."""

    code = "witness-refuses"
    title = "The witness refuses to cosign"


class Fed(Enum):
    """What came of it."""

    COSIGNED = "cosigned"
    NOTHING_NEW = "nothing new"


class WitnessFeed:
    """Stands between the services and one witness; it needs no trust of either."""

    def __init__(
        self, services: Mapping[str, ApiClient], witness: httpx.Client, ids: Ids | None = None
    ) -> None:
        self._services, self._witness = services, witness
        self._ids = ids or RandomIds()
        self._sizes: dict[str, int] = {}

    def show(self, service: str) -> Fed:
        """Show the last checkpoint of a service's log.

        Raises WitnessRefusesError, UnavailableError.
        """
        raw = self._services[service].fetch("/v1/log/checkpoint").content
        at = Checkpoint.parse(Note.parse(raw).text)
        if self._sizes.get(service) == at.size:
            return Fed.NOTHING_NEW
        line = self._cosignature(service, raw, at)
        self._services[service].post(
            f"/v1/log/cosignatures?size={at.size}", [line], key=f"witness-{self._ids.new()}"
        )
        self._sizes[service] = at.size
        return Fed.COSIGNED

    def _cosignature(self, service: str, raw: bytes, at: Checkpoint) -> str:
        """Ask; the witness itself says (409) which size it saw last."""
        old = self._sizes.get(service, 0)
        for _ in range(TRIES):
            answer = self._ask(request(old, self._proof(service, old, at), raw))
            if answer.status_code == httpx.codes.OK:
                return answer.text.removesuffix("\n")
            if answer.status_code != httpx.codes.CONFLICT or not answer.text.strip().isdigit():
                break
            old = int(answer.text)
            if old > at.size:
                raise WitnessRefusesError(
                    f"the witness saw {old} records of {at.origin}, which has {at.size} now"
                )
        raise WitnessRefusesError(f"{at.origin}: {answer.text.strip()} ({answer.status_code})")

    def _ask(self, body: bytes) -> httpx.Response:
        try:
            return self._witness.post("/add-checkpoint", content=body)
        except httpx.HTTPError as error:
            message = f"the witness does not answer ({type(error).__name__})"
            raise UnavailableError(message) from error

    def _proof(self, service: str, old: int, at: Checkpoint) -> bytes:
        if old in (0, at.size):
            return b""

        def fetch(tile: Tile) -> bytes:
            return self._services[service].fetch(f"/v1/log/{tile.path}").content

        return encode_hashes(consistency_proof(TileHashes(fetch, at.size), old, at.size))
