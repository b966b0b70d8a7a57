"""Redis is gone in the middle, and comes back: nothing is lost, and workers go on by themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from deploy.redis_server import RedisServer
from tests.boards import eventually_as_expected
from tests.market import bar
from tests.oracle import expected
from tests.processes import Processes
from tests.waiting import eventually

BARS = [bar(f"S{n % 40}", f"09:30:{n // 40:02}", close=10 + n % 7) for n in range(1200)]


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "boards", None, "--appendfsync", "always").start()
    yield server
    server.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "broker", None, "--appendfsync", "always").start()
    yield server
    server.stop()


@pytest.fixture
def fleet(tmp_path: Path, boards: RedisServer, broker: RedisServer) -> Iterator[Processes]:
    """Processes to which a message that was held when its server died comes back after five seconds."""
    processes = Processes(tmp_path, REDIS_URL=boards.url(), CELERY_BROKER_URL=broker.url(), VISIBILITY_TIMEOUT="5")
    yield processes
    processes.stop()


@pytest.fixture(params=["fast lane", "stock"])
def worker(request: pytest.FixtureRequest, fleet: Processes) -> Processes:
    """A worker in the fast lane, or two prefork processes of stock Celery."""
    if request.param == "stock":
        fleet.worker("worker", "--concurrency", "2", FAST_LANE="0")
    else:
        fleet.worker("worker")
    return fleet


def send(broker: RedisServer, *bars: object) -> None:
    # The environment names the tests' other broker, and Celery prefers it to `broker`.
    client = Celery(set_as_current=False)
    client.conf.update(broker_write_url=broker.url())
    for each in bars:
        client.send_task("tasks.process_agg", [each], queue="aggs")


def is_drained(broker: RedisServer) -> bool:
    client = Redis(port=broker.port)
    return not any((client.llen("aggs"), client.hlen("unacked")))


def test_the_boards_are_gone_for_longer_than_workers_wait(
    worker: Processes, boards: RedisServer, broker: RedisServer
) -> None:
    # Given a worker that has done a part of the day
    send(broker, *BARS[:200])
    eventually(lambda: Redis(port=boards.port).zcard("leaderboard:top_volume") > 5)

    # When the boards' server is killed, and stays away until the worker has tried the rest in vain
    boards.kill()
    send(broker, *BARS[200:])
    eventually(lambda: "go back to their queue" in worker.log("worker") or "are run again" in worker.log("worker"))
    boards.start()

    # Then every bar is on the boards
    eventually_as_expected(Redis(port=boards.port), expected(BARS), seconds=90)
    eventually(lambda: is_drained(broker))
    assert worker.alive("worker")


def test_the_broker_is_gone(worker: Processes, boards: RedisServer, broker: RedisServer) -> None:
    # Given a worker that has done a part of the day
    send(broker, *BARS[:200])
    eventually_as_expected(Redis(port=boards.port), expected(BARS[:200]))
    eventually(lambda: is_drained(broker))

    # When the broker is killed, comes back after the worker has noticed, and the rest is sent
    broker.kill()
    worker.await_log("worker", "Connection to broker lost")
    broker.start()
    send(broker, *BARS[200:])

    # Then the worker, which nobody has touched, goes on
    eventually_as_expected(Redis(port=boards.port), expected(BARS), seconds=90)
    eventually(lambda: is_drained(broker))
    assert worker.alive("worker")


def test_what_waits_in_the_broker_survives_it(fleet: Processes, boards: RedisServer, broker: RedisServer) -> None:
    # Given a backlog and no worker
    send(broker, *BARS[:300])

    # When the broker is killed and comes back before the worker starts
    broker.kill()
    broker.start()
    fleet.worker("late", "--pool", "solo")

    # Then the append-only file has kept every bar
    eventually_as_expected(Redis(port=boards.port), expected(BARS[:300]))
