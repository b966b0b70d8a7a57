"""The pytest plugin of a run: whose classes kombu's tests find, which of the tests it runs, and how they ended.

Loaded with stock's classes too, so that the two runs differ in nothing else.
"""

import json
import os
from importlib import import_module
from pathlib import Path

import kombu.transport.redis as stock
import pytest
from kombu.utils import eventio
from redis import Redis

from tests.conformance.fakes import complete

_outcomes: dict[str, tuple[str, str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--transport", required=True, help="module whose Transport and SentinelTransport are tested")
    group.addoption("--share", default="0/1", help="N/OF: every OF-th test, the first of them after N others")
    group.addoption("--outcomes", required=True, type=Path, help="file for the outcomes by test, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    tested = import_module(config.getoption("--transport"))
    vars(stock).update(
        QoS=tested.Transport.Channel.QoS,
        Channel=tested.Transport.Channel,
        Transport=tested.Transport,
        SentinelChannel=tested.SentinelTransport.Channel,
        SentinelTransport=tested.SentinelTransport,
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # The unit tests put a poll of their own in place, before they import a transport that has been imported here.
    stock.poll = eventio.poll
    for module in {item.module for item in items if isinstance(item, pytest.Function)}:
        complete(module)
    number, of = map(int, config.getoption("--share").split("/"))
    items[:] = items[number::of]


def pytest_runtest_setup() -> None:
    # Tests share the names of queues: what one that failed has left must not fail the next.
    with Redis(os.environ["REDIS_HOST"], int(os.environ["REDIS_6379_TCP"])) as redis:
        redis.flushall()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        crash = getattr(report.longrepr, "reprcrash", None)
        _outcomes[report.nodeid] = report.outcome, str(crash or "").removeprefix(f"{Path.cwd()}/")


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.getoption("--outcomes").write_text(json.dumps(_outcomes))
