"""Draws the secrets that docker-compose.yml needs: `.env`, and the local issuer's keys.

Usage: python deploy/make_env.py [DIRECTORY]. What exists is kept. Production has an issuer and a
store of secrets of its own, and needs none of this.
"""

import base64
import secrets
import sys
from datetime import timedelta
from pathlib import Path

from shared.embedded.system_map import SERVICES
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role, system_actor

TOKEN_LIFETIME = timedelta(days=365)


def make(directory: Path) -> Path:
    """Write `.env` and `deploy/keys/` below `directory`, unless they exist; return `.env`."""
    path = directory / ".env"
    issuer = LocalIssuer(directory / "deploy" / "keys")
    issuer.jwks.parent.chmod(0o755)  # the services' user, another than ours, reads the public key
    issuer.jwks.chmod(0o644)
    if not path.exists():
        path.touch(mode=0o600)
        lines = [f"{name}={text}\n" for name, text in _secrets(issuer).items()]
        path.write_text("".join(lines), encoding="ascii")
    return path


def _secrets(issuer: LocalIssuer) -> dict[str, str]:
    drawn = {
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        "DUBAN_DATABASE_PASSWORD": secrets.token_urlsafe(24),
        "DUBAN_VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode("ascii"),
        "GRAFANA_PASSWORD": secrets.token_urlsafe(12),
        "DUBAN_ISSUER": issuer.issuer,
    }
    return drawn | {f"{name.upper()}_TOKEN": _token(issuer, name) for name in SERVICES}


def _token(issuer: LocalIssuer, service: str) -> str:
    actor = system_actor(service, "service")
    return issuer.issue(actor.person_ref, actor.org, Role.SYSTEM, lifetime=TOKEN_LIFETIME)


if __name__ == "__main__":
    made = make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
    sys.stdout.write(f"{made} is ready: docker compose up --build\n")
