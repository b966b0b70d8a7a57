"""The system by way of Sentinels: what their URLs say, and what a failover leaves."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from celery import Celery
from redis import Redis

from config.addresses import Sentinels
from config.secrecy import shown
from config.settings import Settings
from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from tests.boards import assert_as_expected
from tests.market import bar
from tests.oracle import expected
from tests.processes import Processes
from tests.sentinels import Watched
from tests.waiting import eventually

# --- their URLs


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
        ("redis://user:secret@h:1/0", "redis://user:**@h:1/0"),
    ],
)
def test_they_are_shown_without_the_password(url: str, as_shown: str) -> None:
    assert shown(url) == as_shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sentinel://h;redis://h", "Sentinel 2"),
        ("sentinel://", "Sentinel 1"),
        ("sentinel://h?master=m", "Sentinel 1"),
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


# --- a failover


def send(server: RedisServer, bars: list[dict[str, Any]]) -> None:
    client = Celery(broker=server.url(1), set_as_current=False)
    # The environment names another, and Celery prefers it.
    client.conf.update(broker_read_url=server.url(1), broker_write_url=server.url(1))
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
        eventually(lambda: replica.info("replication")["role"] == "master", 30)
        send(watched.replica, after)

        # Then what came before is there, and so is what comes after
        eventually(lambda: replica.hlen(keys.RECORDS) == 75, 60)
        broker = Redis.from_url(watched.replica.url(1))
        eventually(lambda: broker.llen("aggs") == broker.hlen("unacked") == 0, 30)
        assert_as_expected(replica, expected(before + after))

        # And the gateway reads it
        def quoted() -> bool:
            answer = httpx.get(f"http://127.0.0.1:{port}/api/quotes/S74", trust_env=False)
            return answer.status_code == 200 and answer.json()["close"] == 11 + 74 / 8

        eventually(quoted, 30)
    finally:
        processes.stop()
