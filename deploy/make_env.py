"""Draws the secrets that docker-compose.yml needs: `.env`, and the keys in `deploy/keys/`.

Usage: python deploy/make_env.py [DIRECTORY]. What exists is kept. The tenant is DUBAN_TENANT of
the environment at the first time. Production has an issuer, a store of secrets and offline root
keys of its own, and needs none of this.
"""

import base64
import os
import secrets
import shutil
import sys
from datetime import timedelta
from pathlib import Path

from shared.embedded import log_keys
from shared.embedded.system_map import SERVICES, TENANT
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role, system_actor

TOKEN_LIFETIME = timedelta(days=365)
IMAGE_USER = 10001
"""The user of deploy/Dockerfile, which root's keys are handed to."""


def make(directory: Path, tenant: str = TENANT) -> Path:
    """Write `.env` and `deploy/keys/` below `directory`, keeping what exists; return `.env`."""
    path = directory / ".env"
    keys = directory / "deploy" / "keys"
    issuer = LocalIssuer(keys)
    known = _read(path)
    log_keys.prepare(keys, known.get("DUBAN_TENANT", tenant), SERVICES)
    drawn = _secrets(issuer, keys, tenant) | known
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={text}\n" for name, text in drawn.items()), encoding="ascii")
    if os.getuid() == 0:
        _hand_over(keys)
    return path


def _read(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _secrets(issuer: LocalIssuer, keys: Path, tenant: str) -> dict[str, str]:
    drawn = {
        "DUBAN_TENANT": tenant,
        "DUBAN_USER": _user(),
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        "DUBAN_DATABASE_PASSWORD": secrets.token_urlsafe(24),
        "DUBAN_VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode("ascii"),
        "DUBAN_WITNESS_VKEY": log_keys.witness_vkeys(keys)[0],
        "GRAFANA_PASSWORD": secrets.token_urlsafe(12),
        "DUBAN_ISSUER": issuer.issuer,
    }
    return drawn | {f"{name.upper()}_TOKEN": _token(issuer, name) for name in SERVICES}


def _user() -> str:
    user = os.getuid() or IMAGE_USER
    return f"{user}:{user}"


def _hand_over(keys: Path) -> None:
    """A container runs as no root: give it what its folders hold."""
    for path in (keys, *keys.rglob("*")):
        shutil.chown(path, IMAGE_USER, IMAGE_USER)


def _token(issuer: LocalIssuer, service: str) -> str:
    actor = system_actor(service, "service")
    return issuer.issue(actor.person_ref, actor.org, Role.SYSTEM, lifetime=TOKEN_LIFETIME)


if __name__ == "__main__":
    made = make(
        Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd(),
        os.environ.get("DUBAN_TENANT", TENANT),
    )
    sys.stdout.write(f"{made} is ready: docker compose up --build\n")
