"""systemd is told that a worker is ready and works, where it asks to be."""

import socket
from pathlib import Path

import pytest

from tasks.supervision import service_manager


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A name for the socket, in systemd's notation."""
    path = str(tmp_path / "notify")
    return path if request.param == "path" else f"@{path}"


def test_systemd_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a socket that systemd names, when a worker is ready and works, then it is told so, in its protocol."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address.replace("@", "\0"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)

        assert service_manager.is_listening()
        service_manager.ready()
        service_manager.alive()

        assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


def test_elsewhere_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    assert not service_manager.is_listening()


def test_a_socket_that_is_gone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))

    with pytest.raises(OSError, match="No such file"):
        service_manager.alive()
