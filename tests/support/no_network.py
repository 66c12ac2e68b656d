"""Keeps the tests on this machine: whoever reaches further fails at once, and says where to."""

from typing import Any

HERE = ("127.", "localhost", "::1", "0.0.0.0")


def refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse, as an audit hook of Python, connections and look-ups beyond the loopback address."""
    if event == "socket.connect":
        _require_here(arguments[1])
    elif event == "socket.getaddrinfo":
        _require_here(arguments[:2])


def _require_here(address: Any) -> None:
    """A unix socket's address is no tuple, and is always here."""
    host = address[0] if isinstance(address, tuple) else None
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host and not str(host).startswith(HERE):
        raise PermissionError(f"a test reached for the network: {host}")
