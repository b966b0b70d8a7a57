"""What the gateway's tests share: gateways that are left running, and a market to watch."""

from collections.abc import Iterator

import pytest
from redis import Redis
from websockets.sync.client import ClientConnection

from deploy.redis_server import RedisServer
from leaderboard.system import System
from tests.support.market import trade_three
from tests.support.waiting import eventually
from tests.support.watch.gateways import KEY, Gateway


@pytest.fixture(scope="module")
def gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway without a key, for all tests of a module that leave it running."""
    started = Gateway(tmp_path_factory.mktemp("gateway"), GATEWAY_ORIGINS="https://boards.example")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def guarded(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that requires a key, likewise."""
    started = Gateway(tmp_path_factory.mktemp("guarded"), key=KEY)
    yield started
    started.stop()


@pytest.fixture
def watcher(gateway: Gateway, redis: Redis) -> Iterator[ClientConnection]:
    """A WebSocket client of the gateway without a key."""
    with gateway.connect() as connected:
        yield connected


@pytest.fixture
def market(system: System) -> System:
    """Three symbols have traded, and the boards are published."""
    trade_three(system)
    eventually(lambda: system.publish().result == "published")
    return system
