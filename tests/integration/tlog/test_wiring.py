"""A service seals its log when it has a key for it, and with no other key."""

from pathlib import Path

import pytest

from shared.kernel.errors import UnavailableError
from shared.kernel.ids import RandomIds
from shared.service.sealing import SealedLog
from shared.settings import ServiceSettings
from tests.integration.tlog.archive import TENANT, Archive


def sealed_log(archive: Archive, **told: str) -> SealedLog:
    settings = ServiceSettings(
        tenant=told.pop("tenant", TENANT),
        database_url=archive.database_url,
        kafka_bootstrap="localhost:1",
        jwks="none",
        issuer="none",
        **told,  # type: ignore[arg-type]  # the settings' own types
    )
    return SealedLog(archive.store, settings, archive.clock, RandomIds())


def test_with_its_key_it_is_sealed(archive: Archive) -> None:
    archive.send_back("D1", 2)
    sealer = sealed_log(archive, log_key_dir=str(archive.keys)).sealer()
    assert sealer is not None and sealer.seal() == archive.signed_checkpoint()


def test_without_a_directory_of_keys_it_is_not(archive: Archive) -> None:
    assert sealed_log(archive).sealer() is None


def test_with_an_empty_directory_the_service_does_not_start(
    archive: Archive, tmp_path: Path
) -> None:
    with pytest.raises(UnavailableError, match="no signing key"):
        sealed_log(archive, log_key_dir=str(tmp_path)).sealer()


def test_with_the_key_of_another_log_the_service_does_not_start(archive: Archive) -> None:
    elsewhere = sealed_log(archive, log_key_dir=str(archive.keys), tenant="city:other")
    with pytest.raises(UnavailableError, match=r"this log is duban\.invalid/city\.other"):
        elsewhere.sealer()
