"""The system by way of Sentinels: what their URLs say, and what a failover leaves."""

import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
from celery import Celery
from redis import Redis

from config.celery import configuration
from config.redact import redacted
from config.redis_urls import Sentinels
from config.settings import Settings
from deploy.acl import USERS, GuardedServer
from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from leaderboard.shards import shard_of
from tests.support.boards import assert_as_expected, row
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.redis_servers import certificates
from tests.support.redis_servers.sentinels import Watched
from tests.support.senders import app_on
from tests.support.waiting import eventually

# --- their URLs


def test_options_of_tls_are_for_all_of_them() -> None:
    options = {"ssl_ca_certs": "/a b", "ssl_check_hostname": False}
    parsed = Sentinels.parse("sentinel://u@h/2?ssl_ca_certs=/a%20b&ssl_check_hostname=false;sentinel://other")

    assert parsed
    assert {**parsed.sentinel_arguments, **options, "ssl": True} == parsed.sentinel_arguments
    assert parsed.server_arguments == {"db": 2, "username": "u", "password": None, "ssl": True, **options}


def test_urls_name_sentinels_and_how_to_log_in_at_their_server() -> None:
    parsed = Sentinels.parse("sentinel://user:p%40ss@10.0.0.1/2;sentinel://[::1]:26380;sentinel://name:1")

    assert parsed == Sentinels((("10.0.0.1", 26379), ("::1", 26380), ("name", 1)), 2, "user", "p@ss")
    assert "p@ss" not in repr(parsed)
    assert Sentinels.parse("redis://host/0") is None


@pytest.mark.parametrize(
    ("url", "as_shown"),
    [
        ("sentinel://h", "sentinel://h:26379/0"),
        ("sentinel://[::1]:1/2;sentinel://h:3", "sentinel://[::1]:1/2;sentinel://h:3"),
        ("sentinel://:secret@h:1;sentinel://h:2", "sentinel://:**@h:1/0;sentinel://h:2"),
        ("sentinel://us%40er:secret@h:1/0", "sentinel://us%40er:**@h:1/0"),
        (
            "sentinel://:secret@h:1?ssl_ca_certs=f;sentinel://h:2",
            "sentinel://:**@h:1/0?ssl_ca_certs=f;sentinel://h:2",
        ),
        ("redis://user:secret@h:1/0", "redis://user:**@h:1/0"),
    ],
)
def test_they_are_shown_without_the_password(url: str, as_shown: str) -> None:
    assert redacted(url) == as_shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sentinel://h;redis://h", "Sentinel 2"),
        ("sentinel://", "Sentinel 1"),
        ("sentinel://h?master=m", "those of TLS"),
        ("sentinel://h?ssl_ca_certs=", "those of TLS"),
        ("sentinel://h;sentinel://h?ssl_ca_certs=file", "first URL alone"),
        ("sentinel://h;sentinel://user:secret@h", "first URL alone"),
        ("sentinel://h/0;sentinel://h/1", "first URL alone"),
        ("sentinel://h/name", "number of a database"),
    ],
)
def test_what_is_wrong_with_them_is_said(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        Sentinels.parse(url)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "values",
    [
        {"redis_url": "sentinel://h"},
        {"redis_master": "boards"},
        {"celery_broker_url": "sentinel://h"},
        {"celery_broker_master": "queues"},
    ],
)
def test_a_url_of_sentinels_goes_with_the_name_of_what_they_watch(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Settings(**values)


@pytest.mark.parametrize("url", ["sentinel://h?ssl_ca_certs=/nowhere", "sentinel://h?ssl_ca_cert=/nowhere"])
def test_options_that_cannot_be_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="ssl_ca_cert"):
        Settings(redis_url=url, redis_master="boards")


def test_blanks_between_urls_are_nothing_to_the_broker() -> None:
    written = Settings(celery_broker_url="sentinel://h/1; sentinel://other:1", celery_broker_master="queues")

    assert Celery(set_as_current=False).connection_for_read(written.celery_broker_url).alt == [
        "sentinel://h/1",
        "sentinel://other:1",
    ]


def test_a_failure_does_not_lose_the_user() -> None:
    # Given a broker with two Sentinels
    url = "sentinel://user:password@h/1;sentinel://other"
    app = Celery(set_as_current=False)
    app.config_from_object(configuration(Settings(celery_broker_url=url, celery_broker_master="queues")))

    # When a connection to it has failed
    connection = app.connection_for_read(url)
    connection.maybe_switch_next()

    # Then it goes on as the same user
    assert (connection.userid, connection.password, connection.virtual_host) == ("user", "password", "1")


# --- a failover


class Guarded(Watched):
    """The same with users, also for the replica and the Sentinel.

    Args:
        folder: where they keep their files.
        tls: whether they, and all who come to them, speak TLS and show certificates; the tests look on without.
    """

    master: GuardedServer
    replica: GuardedServer

    def __init__(self, folder: Path, *, tls: bool) -> None:
        self.passwords = {user: secrets.token_hex(16) for user in USERS}
        self._folder = folder
        self._tls = tls
        if tls:
            certificates.authority(folder, "authority")
            certificates.certificate(folder, "part")
        first, second, self._entry = free_port(), free_port(), free_port()
        master = GuardedServer(folder / "master", *self._options(first), passwords=self.passwords)
        following = ("--replicaof", "127.0.0.1", str(first if tls else master.port))
        options = (*self._options(second), *following)
        replica = GuardedServer(folder / "replica", *options, passwords=self.passwords)
        # Where all but the tests find them.
        self.ports = (first, second) if tls else (master.port, replica.port)
        super().__init__(
            folder,
            master,
            replica,
            "sentinel auth-user boards sentinel",
            f"sentinel auth-pass boards {self.passwords['sentinel']}",
            *self._certified("", self._entry),
            watch=self.ports[0],
        )

    def _options(self, port: int) -> list[str]:
        """A server's, of both: each of them follows the other at some time."""
        login = ["--masteruser", "replica", "--masterauth", self.passwords["replica"]]
        return [*login, *(word for line in self._certified("--", port) for word in line.split())]

    def _certified(self, prefix: str, port: int) -> list[str]:
        if not self._tls:
            return []
        options = {
            "tls-port": port,
            "tls-replication": "yes",
            "tls-cert-file": self._folder / "part.crt",
            "tls-key-file": self._folder / "part.key",
            "tls-ca-cert-file": self._folder / "authority.crt",
        }
        return [f"{prefix}{name} {value}" for name, value in options.items()]

    def urls(self, boards: str, broker: str) -> dict[str, str]:
        """A process's settings, by its users at the boards and at the broker."""
        return {"REDIS_URL": self._url(boards, 0), "CELERY_BROKER_URL": self._url(broker, 1)}

    def _url(self, user: str, database: int) -> str:
        port, query = (self._entry, self._query()) if self._tls else (self.port, "")
        # Of the second Sentinel there is nothing but the URL.
        others = f"sentinel://127.0.0.1:{free_port()}"
        return f"sentinel://{user}:{self.passwords[user]}@127.0.0.1:{port}/{database}{query};{others}"

    def _query(self) -> str:
        files = {"ssl_ca_certs": "authority.crt", "ssl_certfile": "part.crt", "ssl_keyfile": "part.key"}
        return "?" + "&".join(f"{name}={self._folder / file}" for name, file in files.items())


def send(server: RedisServer, bars: list[dict[str, Any]]) -> None:
    client = app_on(server.url(1))
    for each in bars:
        client.send_task("tasks.process_agg", [each], queue="aggs")


def test_bars_go_on_after_a_failover(watched: Watched, tmp_path: Path) -> None:
    # Given a worker and a gateway that know the Sentinel alone
    port = free_port()
    environment = {
        "REDIS_URL": watched.url(0),
        "REDIS_MASTER": "boards",
        "CELERY_BROKER_URL": watched.url(1),
        "CELERY_BROKER_MASTER": "boards",
        "MARKET_CLOCK": "events",
    }
    processes = Processes(tmp_path, **environment)
    before = [bar(f"S{n}", "09:30:00", close=10 + n / 8) for n in range(50)]
    after = [bar(f"S{n}", "09:30:05", close=11 + n / 8) for n in range(25, 75)]
    try:
        processes.worker("worker")
        processes.start("gateway", "watch", "serve", "--port", str(port))
        processes.await_log("gateway", "the boards are at")
        send(watched.master, before)
        master, replica = (Redis.from_url(server.url(0)) for server in (watched.master, watched.replica))
        eventually(lambda: master.hlen(keys.RECORDS) == 50)
        master.wait(1, 5000)

        # When the server dies and its replica takes over
        watched.master.kill()
        eventually(lambda: watched.leads_to(watched.replica.port), 30)
        send(watched.replica, after)

        # Then what came before is there, and so is what comes after
        eventually(lambda: replica.hlen(keys.RECORDS) == 75, 60)
        broker = Redis.from_url(watched.replica.url(1))
        eventually(lambda: broker.llen("aggs") == broker.hlen("unacked") == 0, 30)
        assert_as_expected(replica, expected(before + after))

        # And the gateway reads it
        def quoted() -> bool:
            answer = httpx.get(f"http://127.0.0.1:{port}/api/quotes/S74", timeout=20, trust_env=False)
            return answer.status_code == 200 and answer.json()["close"] == 11 + 74 / 8

        eventually(quoted, 30)
    finally:
        processes.stop()


def test_bars_go_on_after_a_failover_of_the_second_of_two_servers(watched: Watched, tmp_path: Path) -> None:
    # Given a worker over two servers of boards, of which a Sentinel watches the second
    first = RedisServer(tmp_path / "first").start()
    environment = {"REDIS_URL": first.url(), "CELERY_BROKER_URL": first.url(1), "MARKET_CLOCK": "events"}
    processes = Processes(tmp_path, BOARD_SHARDS=f"{watched.url(0)}#boards", **environment)
    before = [bar(f"S{n}", "09:30:00", close=10 + n / 8) for n in range(50)]
    during = [bar(f"S{n}", "09:30:05", close=11 + n / 8) for n in range(25, 75)]
    try:
        processes.worker("worker")
        send(first, before)
        one, master, replica = (
            Redis.from_url(server.url(0)) for server in (first, watched.master, watched.replica)
        )
        eventually(lambda: one.hlen(keys.RECORDS) + master.hlen(keys.RECORDS) == 50)
        master.wait(1, 5000)

        # When it dies while bars come, and its replica takes over
        watched.master.kill()
        send(first, during)
        eventually(lambda: watched.leads_to(watched.replica.port), 30)

        # Then all of them are at their servers
        broker = Redis.from_url(first.url(1))
        eventually(lambda: broker.llen("aggs") == broker.hlen("unacked") == 0, 60)
        for symbol, fields in expected(before + during).rows.items():
            assert row((one, replica)[shard_of(symbol, 2)], symbol) == fields
    finally:
        processes.stop()
        first.stop()


@pytest.mark.parametrize(
    ("tls", "fast_lane"),
    [
        pytest.param(False, "1", id="users"),
        pytest.param(True, "1", id="users and TLS", marks=certificates.needed),
        pytest.param(True, "0", id="users and TLS, without the fast lane", marks=certificates.needed),
    ],
)
def test_every_part_goes_on_under_its_own_user(tmp_path: Path, tls: bool, fast_lane: str) -> None:
    # Given every part with its own user at the servers, which it is led to by the Sentinel
    guarded = Guarded(tmp_path, tls=tls)
    web, flower = free_port(), free_port()
    named = {"REDIS_MASTER": "boards", "CELERY_BROKER_MASTER": "boards"}
    processes = Processes(tmp_path, MARKET_CLOCK="wall", FAST_LANE=fast_lane, **named)
    try:
        processes.worker("worker", **guarded.urls("worker", "worker"))
        processes.worker("clock", "--pool", "solo", queues="clock,reference", **guarded.urls("clock", "clock"))
        processes.beat("beat", **guarded.urls("beat", "beat"))
        processes.start("web", "watch", "serve", "--port", str(web), **guarded.urls("gateway", "inspector"))
        listening = ("--address=127.0.0.1", f"--port={flower}")
        inspector = guarded.urls("inspector", "inspector")
        processes.start("flower", "celery", "-A", "tasks", "flower", *listening, **inspector)
        eventually(lambda: _status(f"http://127.0.0.1:{web}/healthz") == 200, what="good health")
        assert guarded.master.denied() == []

        # When the server dies, its replica takes over, and bars come
        guarded.master.kill()
        eventually(lambda: guarded.leads_to(guarded.ports[1]), 30)
        # Not of a made-up market, which trades in the hours of the exchange alone.
        feed = ("celery", "-A", "tasks", "call", "tasks.process_agg", "--args", '[{"sym": "A", "c": 1.5}]')
        fed = processes.run(*feed, environment=guarded.urls("worker", "producer"))
        assert fed.returncode == 0, fed.stderr

        # Then they are on the boards, which are published, and all is well
        published = keys.scanner("volume")
        reader = guarded.replica.client_of("reader")
        eventually(lambda: b"symbol" in (reader.get(published) or b""), what="the board")
        top = processes.run("watch", "top", "volume", environment=guarded.urls("reader", "reader"))
        assert top.returncode == 0, top.stderr
        eventually(lambda: _status(f"http://127.0.0.1:{web}/healthz") == 200, what="good health")
        eventually(lambda: _status(f"http://127.0.0.1:{flower}/broker") == 200, what="Flower")
        assert "Unable to get queue" not in processes.log("flower")
        told = processes.run("celery", "-A", "tasks", "inspect", "stats", "--timeout", "10", environment=inspector)
        assert told.returncode == 0, told.stderr
        assert guarded.passwords["worker"] not in told.stdout

        # And the server that comes back is made a replica
        guarded.master.start()
        returned = guarded.master.operator()
        eventually(lambda: returned.info("replication").get("master_link_status") == "up", 60)
        assert returned.get(published) is not None

        # And nobody has asked for anything that is not his
        assert guarded.master.denied() == guarded.replica.denied() == []
    finally:
        processes.stop()
        guarded.stop()


@certificates.needed
def test_nobody_speaks_to_sentinels_of_another_authority_nor_without_tls(tmp_path: Path) -> None:
    # Given what names another authority, no certificate, and no TLS
    guarded = Guarded(tmp_path, tls=True)
    certificates.authority(tmp_path, "other")
    right = guarded.urls("reader", "producer")["REDIS_URL"].partition(";")[0]
    wrong = (right.replace("authority.crt", "other.crt"), right.partition("&")[0], right.partition("?")[0])
    processes = Processes(tmp_path, REDIS_MASTER="boards")
    try:
        for url in (right, *wrong):
            # When it is asked for the boards, then they are not to be had
            top = processes.run("watch", "top", environment={"REDIS_URL": url})
            assert ("No master found" in top.stderr, top.returncode == 0) == (url != right, url == right)
    finally:
        guarded.stop()


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=20, trust_env=False).status_code
    except httpx.TransportError:
        return 0
