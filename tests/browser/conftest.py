"""One browser and one gateway of each kind for all tests of a process, and the market that they show."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from redis import Redis

from bench.page.viewer import EXECUTABLE
from config.settings import Settings
from deploy.redis_server import RedisServer
from leaderboard.system import System
from tests.support.market import trade_three
from tests.support.watch.browsers import Look, Viewer, browser
from tests.support.watch.gateways import KEY, Gateway


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if EXECUTABLE is None:
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell")
    with browser() as launched:
        yield launched


@pytest.fixture(scope="session")
def gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose market's time is what the bars say."""
    started = Gateway(tmp_path_factory.mktemp("gateway"), MARKET_CLOCK="events")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def wall_gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose market's time is the machine's."""
    started = Gateway(tmp_path_factory.mktemp("wall_gateway"), MARKET_CLOCK="wall")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def locked_gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that asks for a key."""
    started = Gateway(tmp_path_factory.mktemp("locked_gateway"), key=KEY)
    yield started
    started.stop()


@pytest.fixture
def look(chromium: Browser, gateway: Gateway) -> Iterator[Look]:
    """Opens a gateway's page, and checks in the end that the browser complained of nothing.

    Takes the address's query, and as `gateway` another gateway than usual. With `complains`, the browser may
    complain, as it does of lost connections. All else is passed to :class:`Viewer`.
    """
    viewers: list[Viewer] = []
    silent: list[Viewer] = []
    usual = gateway

    def opened(
        query: str = "", *, gateway: Gateway | None = None, complains: bool = False, **options: Any
    ) -> Viewer:
        viewer = Viewer(chromium, gateway or usual, **options)
        viewers.append(viewer)
        if not complains:
            silent.append(viewer)
        viewer.open(query)
        return viewer

    yield opened
    for viewer in viewers:
        viewer.close()
        assert viewer.strange == []
    assert [viewer.complaints for viewer in silent] == [[] for _ in silent]


@pytest.fixture
def market(redis: Redis, redis_url: str) -> Iterator[System]:
    """The core, and a thread that publishes as beat and the clock's worker do, only more often."""
    system = System.from_settings(Settings(redis_url=redis_url, market_clock="events", publish_interval=0.1))
    over = threading.Event()

    def publish() -> None:
        while not over.wait(0.1):
            system.publish()

    publisher = threading.Thread(target=publish)
    publisher.start()
    yield system
    over.set()
    publisher.join()


@pytest.fixture
def three(market: System) -> System:
    """A market of three symbols."""
    trade_three(market)
    return market
