"""Redis over TLS, for boards and broker alike."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from config.celery import AGGS
from deploy.redis_server import executable, free_port
from leaderboard import keys
from tests.hostile import call, envelope
from tests.processes import Processes
from tests.waiting import eventually

OPENSSL = shutil.which("openssl")


def _speaks_tls() -> bool:
    linked = subprocess.run(["ldd", executable()], capture_output=True, text=True, check=False)
    return "libssl" in linked.stdout


pytestmark = [
    pytest.mark.skipif(OPENSSL is None, reason="there is no openssl to make certificates with"),
    pytest.mark.skipif(not _speaks_tls(), reason="this Redis was built without TLS"),
]


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([OPENSSL or "", *arguments], cwd=folder, check=True, capture_output=True)


def _authority(folder: Path, name: str) -> Path:
    request = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
    _openssl(folder, *request.split())
    return folder / f"{name}.crt"


class TlsServer:
    """A Redis that speaks nothing but TLS, by a certificate of an authority of ours."""

    def __init__(self, folder: Path) -> None:
        self.authority = _authority(folder, "authority")
        _openssl(
            folder,
            *[
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=redis",
                "-keyout",
                "redis.key",
                "-out",
                "redis.csr",
            ],
        )
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        signing = "x509 -req -in redis.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2"
        _openssl(folder, *signing.split(), "-extfile", "names", "-out", "redis.crt")
        self.port = free_port()
        options = f"--port 0 --tls-port {self.port} --tls-auth-clients no --bind 127.0.0.1 --save".split()
        files = [
            "--tls-cert-file",
            "redis.crt",
            "--tls-key-file",
            "redis.key",
            "--tls-ca-cert-file",
            "authority.crt",
        ]
        command = [executable(), *options, "", *files, "--logfile", "redis.log"]
        self.process = subprocess.Popen(command, cwd=folder, start_new_session=True)
        eventually(self._answers, what="a Redis that speaks TLS")

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except ConnectionError:
            return False

    def url(self, database: int = 0, authority: Path | None = None) -> str:
        return f"rediss://127.0.0.1:{self.port}/{database}?ssl_ca_certs={authority or self.authority}"

    def client(self, database: int = 0) -> Redis:
        return Redis.from_url(self.url(database))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TlsServer]:
    server = TlsServer(tmp_path)
    yield server
    server.stop()


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_everything_works_over_tls(server: TlsServer, tmp_path: Path, fast_lane: str) -> None:
    # Given every process with URLs that say rediss://
    web, flower = free_port(), free_port()
    processes = Processes(
        tmp_path,
        REDIS_URL=server.url(0),
        CELERY_BROKER_URL=server.url(1),
        MARKET_CLOCK="wall",
        FAST_LANE=fast_lane,
    )
    try:
        processes.start_worker("worker", "--pool", "solo", queues="aggs,clock,reference")
        processes.beat("beat")
        processes.start("web", "watch", "serve", "--port", str(web))
        options = ["--address=127.0.0.1", f"--port={flower}"]
        processes.start("flower", "celery", "-A", "tasks", "flower", *options)

        # When a bar is sent
        now = int(time.time() * 1000)
        server.client(1).lpush(AGGS, envelope(call({"sym": "AAPL", "c": 10, "s": now - 1000, "e": now})))

        # Then it is on the board that is published, which everybody can read
        eventually(lambda: b"AAPL" in (server.client().get(keys.scanner("volume")) or b""), what="the board")
        assert "AAPL" in processes.run("watch", "top", "volume").stdout
        eventually(lambda: _status(f"http://127.0.0.1:{web}/healthz") == 200, what="good health")
        fed = processes.run("feeds", "synthetic", "--symbols", "5", "--rate", "5", "--seconds", "2")
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
    other = _authority(tmp_path, "other")
    processes = Processes(tmp_path, REDIS_URL=server.url(0, other), CELERY_BROKER_URL=server.url(1, other))
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
