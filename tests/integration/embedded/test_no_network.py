"""The suite needs no network, and would notice."""

import socket

import pytest

from shared.embedded.ports import LOOPBACK


def test_connection_beyond_this_machine_is_refused() -> None:
    with socket.socket() as reaching, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        reaching.connect(("192.0.2.1", 80))


def test_look_up_of_a_name_is_refused() -> None:
    with pytest.raises(PermissionError, match=r"duban\.example"):
        socket.getaddrinfo("duban.example", 80)


def test_connection_on_this_machine_is_allowed() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        socket.create_connection((LOOPBACK, server.getsockname()[1])).close()
