"""Ports on the loopback address, where the whole local stack lives."""

import socket
import time
from random import SystemRandom

from shared.kernel.errors import UnavailableError

LOOPBACK = "127.0.0.1"

# Below the ports that systems give to outgoing connections: a client that tries again and again
# to reach a stopped server there can connect to itself, and then holds the server's port.
CANDIDATES = range(15_000, 32_000)
TRIES = 200


def free_port() -> int:
    """Return a port that nobody listened on a moment ago; `UnavailableError` if none is found."""
    draw = SystemRandom()
    for _ in range(TRIES):
        port = draw.choice(CANDIDATES)
        if _is_free(port):
            return port
    raise UnavailableError(f"no free port found in {TRIES} tries on {LOOPBACK}")


def require_free_port(port: int, what: str, within: float = 0.0) -> None:
    """Refuse with `UnavailableError` when somebody listens on `port` still, `within` seconds.

    The threads of a killed process may hold its port for a moment after it counts as ended.
    """
    deadline = time.monotonic() + within
    while not _is_free(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    if not _is_free(port):
        raise UnavailableError(
            f"{what} cannot start: port {port} on {LOOPBACK} is taken", port=port
        )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A server that has just stopped leaves connections in TIME_WAIT; they do no harm.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_listening(port: int) -> bool:
    """Return whether somebody accepts connections on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
