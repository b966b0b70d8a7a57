"""Fixtures that every test may use: a real Redis, the core on it, and workers."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from redis import Redis

from deploy.redis_server import RedisServer, free_port

pytest.register_assert_rewrite("tests.support.boards")
# No deadline: how long an example takes depends more on the machine than on the code.
hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")

# Before anything reads the settings: whatever the tests import, and every process that they start, uses the tests'
# own Redis and takes time from the events.
_PORT = free_port()
os.environ |= {
    "REDIS_URL": f"redis://127.0.0.1:{_PORT}/0",
    "CELERY_BROKER_URL": f"redis://127.0.0.1:{_PORT}/1",
    "MARKET_CLOCK": "events",
}

from celery import Celery  # noqa: E402

from config.settings import Settings, settings  # noqa: E402
from leaderboard import keys  # noqa: E402
from leaderboard.system import System  # noqa: E402
from tests.support.market import TODAY  # noqa: E402
from tests.support.massive.market import MassiveSources, sources_of  # noqa: E402
from tests.support.massive.rest import Listing, MassiveRest, massive_rest  # noqa: E402
from tests.support.processes import Processes  # noqa: E402
from tests.support.redis_servers.proxy import Proxy  # noqa: E402
from tests.support.redis_servers.sentinels import Watched  # noqa: E402

# Tests of real processes wait for them with deadlines, which a busy machine can miss.
_WITH_PROCESSES = ("integration", "system", "browser", "chaos", "bench", "containers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a failed test of real processes once more; the summary names it. One that fails twice has failed."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in _WITH_PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Escape lone surrogates in what a test printed: they cannot be sent from a pytest-xdist worker."""
    report.sections = [(title, text.encode(errors="backslashreplace").decode()) for title, text in report.sections]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all tests that leave it running."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), _PORT, "--appendonly", "no").start()
    yield server
    server.stop()


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    """A client of the boards' database; it and the broker's are empty."""
    client = Redis.from_url(redis_server.url())
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def full(redis: Redis) -> Iterator[Callable[[], None]]:
    """Fills the server's memory, so that it refuses writes until the test ends."""

    def fill() -> None:
        redis.config_set("maxmemory", 1)

    yield fill
    redis.config_set("maxmemory", 0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis server for one test, which may kill it."""
    server = RedisServer(tmp_path / "server", None, "--appendfsync", "always").start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis: Redis, redis_server: RedisServer) -> str:
    """The URL of `redis`."""
    return redis_server.url()


@pytest.fixture
def replay_settings(redis_url: str) -> Settings:
    """Settings with MARKET_CLOCK=events: the time is that of the events."""
    return Settings(redis_url=redis_url, market_clock="events")


@pytest.fixture
def conflating_settings(redis_url: str) -> Settings:
    """Settings under which bars of the past are conflated."""
    return Settings(redis_url=redis_url, market_clock="wall", fold_after=0.001)


@pytest.fixture
def system(replay_settings: Settings) -> System:
    """The core on an empty Redis, without a source of reference data, with the time of the events."""
    return System.from_settings(replay_settings)


@pytest.fixture
def asked(redis: Redis) -> None:
    """Some process has a source of reference data, so that workers ask for symbols."""
    redis.set(keys.REFERENCE_SOURCED, 1, ex=600)


@pytest.fixture
def processes(redis: Redis, tmp_path: Path) -> Iterator[Processes]:
    """Starts real processes against the tests' Redis, and ends them after the test."""
    started = Processes(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def massive_server() -> Iterator[MassiveRest]:
    """A fake Massive REST API with two symbols."""
    with massive_rest({"A": Listing(), "B": Listing(close=20)}, TODAY) as server:
        yield server


@pytest.fixture
def massive_source(massive_server: MassiveRest) -> MassiveSources:
    """Makes sources that read from the server, by default at 08:00 of its day."""
    return sources_of(massive_server)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A server that a Sentinel watches."""
    master = RedisServer(tmp_path / "master")
    replica = RedisServer(tmp_path / "replica", None, "--replicaof", "127.0.0.1", str(master.port))
    started = Watched(tmp_path, master, replica)
    yield started
    started.stop()


@pytest.fixture
def client(redis: Redis) -> Celery:
    """A plain Celery producer, which only knows the task's name."""
    return Celery(broker=settings().celery_broker_url)


@pytest.fixture
def broker(redis: Redis) -> Iterator[Redis]:
    """The broker's database."""
    connected = Redis.from_url(settings().celery_broker_url)
    yield connected
    connected.close()


@pytest.fixture
def proxy(redis_server: RedisServer) -> Iterator[Proxy]:
    """A network between a client and the server of all tests."""
    proxy = Proxy(redis_server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def celery_app(redis: Redis) -> Celery:
    """The app under test, for the embedded worker of `celery_worker`."""
    from tasks import app

    return app


@pytest.fixture
def celery_worker_parameters() -> dict[str, object]:
    return {"queues": ("aggs", "clock", "reference"), "perform_ping_check": False, "shutdown_timeout": 30}
