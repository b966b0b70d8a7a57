"""Redis over TLS, for boards and broker alike."""

import logging
import secrets
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from kombu import Connection
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import ConnectionError

from config.celery import AGGS, tls_options
from config.logging import configure
from config.settings import Settings
from deploy.acl import USERS, filled
from deploy.redis_server import executable, free_port
from leaderboard import keys
from tests.support.messages.hostile import call, envelope
from tests.support.messages.lanes import FAST, GUARDED_STOCK
from tests.support.processes import Processes
from tests.support.redis_servers import certificates
from tests.support.waiting import eventually
from watch.gateway.cluster.queue_depth import BrokerError, read_depth
from watch.gateway.cluster.worker_count import WorkerProbe

pytestmark = certificates.needed


class TlsServer:
    """A Redis that only speaks TLS, with a certificate of the tests' own authority.

    Args:
        folder: where it keeps its files.
        passwords: of its users; None: it asks for no name.
        mutual: whether its clients need a certificate as well.
    """

    def __init__(self, folder: Path, passwords: dict[str, str] | None = None, *, mutual: bool = False) -> None:
        self.authority = certificates.authority(folder, "authority")
        self._passwords = passwords
        self._options = ""
        certificates.certificate(folder, "redis")
        self.port = free_port()
        options = f"--port 0 --tls-port {self.port} --bind 127.0.0.1 127.0.0.2 --logfile redis.log"
        options += " --tls-cert-file redis.crt --tls-key-file redis.key --tls-ca-cert-file authority.crt"
        options += f" --tls-auth-clients {'yes' if mutual else 'no'}"
        if mutual:
            certificates.certificate(folder, "client")
            self._options = f"&ssl_certfile={folder / 'client.crt'}&ssl_keyfile={folder / 'client.key'}"
        if passwords:
            (folder / "users.acl").write_text(filled(passwords))
            options += " --aclfile users.acl"
        command = [executable(), *options.split(), "--save", ""]
        self.process = subprocess.Popen(command, cwd=folder, start_new_session=True)
        eventually(self._answers, what="a Redis that speaks TLS")

    def _answers(self) -> bool:
        try:
            return bool(self.client("reader").ping())
        except ConnectionError:
            return False

    def url(self, user: str, database: int = 0, authority: Path | None = None) -> str:
        login = f"{user}:{self._passwords[user]}@" if self._passwords else ""
        place = f"{login}127.0.0.1:{self.port}/{database}"
        return f"rediss://{place}?ssl_ca_certs={authority or self.authority}{self._options}"

    def urls(self, boards: str, broker: str) -> dict[str, str]:
        """A process's settings, by its users at the boards and at the broker."""
        return {"REDIS_URL": self.url(boards), "CELERY_BROKER_URL": self.url(broker, 1)}

    def client(self, user: str, database: int = 0) -> Redis:
        return Redis.from_url(self.url(user, database))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TlsServer]:
    server = TlsServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def strict_server(tmp_path: Path) -> Iterator[TlsServer]:
    """One that asks for a user, and for a certificate."""
    server = TlsServer(tmp_path, {user: secrets.token_urlsafe(16) for user in USERS}, mutual=True)
    yield server
    server.stop()


def test_everything_works_over_tls(server: TlsServer, tmp_path: Path) -> None:
    _assert_all_works(server, tmp_path, "1")


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_everything_works_with_certificates_and_users(
    strict_server: TlsServer, tmp_path: Path, fast_lane: str
) -> None:
    _assert_all_works(strict_server, tmp_path, fast_lane)


def test_nobody_is_served_without_a_certificate(strict_server: TlsServer, tmp_path: Path) -> None:
    # Given a user's name and password, and no certificate
    url = strict_server.url("reader").partition("&")[0]

    # When he asks, then he is not served, by whatever of the end of the connection is seen first
    with pytest.raises(ConnectionError):
        Redis.from_url(url).ping()
    top = Processes(tmp_path, REDIS_URL=url).run("watch", "top")
    assert top.returncode == 1
    assert f"Redis at 127.0.0.1:{strict_server.port} is unreachable: " in top.stderr


def _assert_all_works(server: TlsServer, folder: Path, fast_lane: str) -> None:
    # Given every process with URLs that say rediss://
    web, flower = free_port(), free_port()
    processes = Processes(folder, MARKET_CLOCK="wall", FAST_LANE=fast_lane)
    try:
        queues = "aggs,clock,reference"
        processes.start_worker("worker", "--pool", "solo", queues=queues, **server.urls("clock", "clock"))
        processes.beat("beat", **server.urls("beat", "beat"))
        gateway, inspector = server.urls("gateway", "inspector"), server.urls("inspector", "inspector")
        processes.start("web", "watch", "serve", "--port", str(web), **gateway)
        options = ["--address=127.0.0.1", f"--port={flower}"]
        processes.start("flower", "celery", "-A", "tasks", "flower", *options, **inspector)

        # When a bar is sent
        now = int(time.time() * 1000)
        event = {"sym": "AAPL", "c": 10, "s": now - 1000, "e": now}
        server.client("producer", 1).lpush(AGGS, envelope(call(event)))

        # Then it is on the board that is published, which everybody can read
        reader, board = server.client("reader"), keys.scanner("volume")
        eventually(lambda: b"AAPL" in (reader.get(board) or b""), what="the board")
        top = processes.run("watch", "top", "volume", environment=server.urls("reader", "reader"))
        assert "AAPL" in top.stdout
        eventually(lambda: _status(f"http://127.0.0.1:{web}/healthz") == 200, what="good health")
        feed = ("feeds", "synthetic", "--symbols", "5", "--rate", "5", "--seconds", "2")
        fed = processes.run(*feed, environment=server.urls("worker", "producer"))
        assert fed.returncode == 0, fed.stderr
        eventually(lambda: _status(f"http://127.0.0.1:{flower}/broker") == 200, what="Flower")
        assert "Unable to get queue" not in processes.log("flower")
    finally:
        processes.stop()


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=20, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def test_a_server_of_an_unknown_authority_is_not_believed(server: TlsServer, tmp_path: Path) -> None:
    # Given another authority
    other = certificates.authority(tmp_path, "other")
    processes = Processes(tmp_path, REDIS_URL=server.url("", 0, other), CELERY_BROKER_URL=server.url("", 1, other))
    try:
        processes.start_worker("worker")
        processes.start("web", "watch", "serve", "--port", str(free_port()))
        top = processes.run("watch", "top")

        # Then everybody says so
        assert top.returncode == 1
        assert "certificate verify failed" in top.stderr
        for name in ("worker", "web"):
            processes.await_log(name, "certificate verify failed")
    finally:
        processes.stop()


class Eavesdropper:
    """Answers as a Redis that speaks TLS, by a certificate that nobody knows, and keeps what it is told."""

    def __init__(self, folder: Path) -> None:
        certificates.authority(folder, "authority")
        certificates.certificate(folder, "redis")
        self.heard: list[bytes] = []
        self.calls = 0
        context = certificates.shown_by(folder, "redis")
        eavesdropper = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                eavesdropper.calls += 1
                # A client that does not believe the certificate ends the handshake.
                with suppress(OSError), context.wrap_socket(self.request, server_side=True) as connection:
                    while heard := connection.recv(4096):
                        eavesdropper.heard.append(heard)
                        connection.sendall(b"+OK\r\n" * heard.count(b"*"))

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def eavesdropper(tmp_path: Path) -> Iterator[Eavesdropper]:
    folder = tmp_path / "eavesdropper"
    folder.mkdir()
    server = Eavesdropper(folder)
    yield server
    server.stop()


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_no_part_gives_its_password_to_a_server_that_it_cannot_check(
    redis_url: str, eavesdropper: Eavesdropper, tmp_path: Path, fast_lane: str
) -> None:
    # Given a broker's URL without options, and somebody else who answers there
    url = f"rediss://user:secret@127.0.0.1:{eavesdropper.port}/1"
    processes = Processes(tmp_path, REDIS_URL=redis_url, CELERY_BROKER_URL=url, FAST_LANE=fast_lane)
    web, flower = free_port(), free_port()
    try:
        # When each part connects
        processes.start_worker("worker")
        processes.start_worker("clock", queues="clock,reference")
        processes.beat("beat")
        processes.start("web", "watch", "serve", "--port", str(web))
        processes.start("flower", "celery", "-A", "tasks", "flower", "--address=127.0.0.1", f"--port={flower}")
        fed = processes.run("feeds", "synthetic", "--symbols", "5", "--rate", "5", "--seconds", "1")

        # Then it says why it does not
        assert fed.returncode != 0
        assert "certificate verify failed" in fed.stderr
        for name in ("worker", "clock", "beat"):
            processes.await_log(name, "certificate verify failed")
        eventually(lambda: _status(f"http://127.0.0.1:{web}/healthz") == 503, what="the gateway's word")

        # And nobody has told the other anything
        calls = eavesdropper.calls
        eventually(lambda: eavesdropper.calls > calls, what="further attempts")
        assert eavesdropper.heard == []
    finally:
        processes.stop()


@pytest.mark.parametrize("look", [lambda url: read_depth(url, {}), lambda url: WorkerProbe(url, {}).count()])
def test_the_gateways_looks_at_the_queue_are_checked(
    eavesdropper: Eavesdropper, look: Callable[[str], object], monkeypatch: Any
) -> None:
    url = f"rediss://user:secret@127.0.0.1:{eavesdropper.port}/1"
    # Which Celery prefers to what it is told.
    monkeypatch.setenv("CELERY_BROKER_URL", url)

    with pytest.raises(BrokerError, match="certificate verify failed"):
        look(url)
    assert eavesdropper.heard == []


#: Where the server is asked for, and whether it is believed.
ASKED = (
    ("127.0.0.1", "", False),
    ("127.0.0.1", "?ssl_ca_certs={authority}", True),
    # Which its certificate does not name.
    ("127.0.0.2", "?ssl_ca_certs={authority}", False),
    ("127.0.0.2", "?ssl_ca_certs={authority}&ssl_check_hostname=false", True),
    ("127.0.0.1", "?ssl_cert_reqs=none", True),
)


@pytest.mark.parametrize("transport", [FAST, GUARDED_STOCK], ids=["fast", "stock"])
def test_certificate_and_name_are_checked_unless_a_url_says_otherwise(server: TlsServer, transport: str) -> None:
    def is_believed(host: str, options: str) -> bool:
        url = f"rediss://{host}:{server.port}/1" + options.format(authority=server.authority)
        with Connection(url, ssl=tls_options(url) or False, transport=transport) as connection:
            try:
                connection.ensure_connection(max_retries=1, interval_start=0)
            except OperationalError as error:
                return "certificate verify failed" not in str(error)
            return True

    assert [(host, options, is_believed(host, options)) for host, options, _ in ASKED] == [*ASKED]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("rediss://server/1", None),
        ("rediss://server/1?ssl_cert_reqs=none", "CELERY_BROKER_URL says ssl_cert_reqs=none"),
        ("rediss://server/1?ssl_check_hostname=false", "CELERY_BROKER_URL says ssl_check_hostname=False"),
        ("redis://server/1", None),
    ],
)
def test_a_url_that_believes_everybody_is_told_of(url: str, told: str | None, capsys: Any) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure(Settings(celery_broker_url=url, log_format="text"))
        warned = capsys.readouterr().err
    finally:
        root.handlers[:], root.level = handlers, level
    assert (told or "") in warned
    assert bool(warned) == bool(told)
