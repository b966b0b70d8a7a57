"""Checks run side by side, in bounded time, and none stops another."""

import threading
import time
from collections.abc import Iterable
from dataclasses import replace

import pytest
from redis.exceptions import NoPermissionError

from config.settings import Settings
from tasks.doctor.deployment import Deployment
from tasks.doctor.examination import Check, examine, run_together
from tasks.doctor.finding import Finding, Page, Severity, ok, warning, wrong
from tasks.doctor.table import REACH

DEPLOYMENT = Deployment(Settings(redis_url="redis://boards/0", celery_broker_url="redis://queues/1"), {})


def raises(error: BaseException) -> Check:
    def run(_: Deployment) -> Iterable[Finding]:
        raise error

    return Check("raises", run)


def test_the_worst_comes_first_and_what_fails_stops_nothing() -> None:
    # Given checks of which two fail
    checks = [
        Check("well", lambda _: [ok("well")]),
        raises(ZeroDivisionError("of ours")),
        raises(NoPermissionError("no permissions to run 'info'")),
        Check("bad", lambda _: [warning("odd", "look"), wrong("bad", "mend it")]),
    ]

    # When they run
    results = examine(DEPLOYMENT, (), checks)

    # Then all are told of, the worst first, and what failed is unknown
    assert [(each.check, each.finding.severity) for each in results] == [
        ("bad", Severity.WRONG),
        ("bad", Severity.WARNING),
        ("raises", Severity.UNKNOWN),
        ("raises", Severity.UNKNOWN),
        ("well", Severity.OK),
    ]
    assert "ZeroDivisionError: of ours" in results[2].finding.says
    assert "may not ask" in results[3].finding.says


def test_a_check_that_hangs_is_given_up() -> None:
    # Given a check that waits for ever
    released = threading.Event()

    def hang(_: Deployment) -> Iterable[Finding]:
        released.wait()
        return []

    # When it runs beside another one, for a fifth of a second
    began = time.monotonic()
    results = run_together(DEPLOYMENT, [Check("hangs", hang), Check("well", lambda _: [ok("well")])], 0.2)
    took = time.monotonic() - began
    released.set()

    # Then it is unknown, and the other is well
    assert [(each.check, each.finding.severity) for each in results] == [
        ("hangs", Severity.UNKNOWN),
        ("well", Severity.OK),
    ]
    assert took < 5


def test_a_server_that_hangs_is_no_answer() -> None:
    # Given a broker whose name is looked up for ever
    released = threading.Event()

    def hang(_: Deployment) -> Iterable[Finding]:
        released.wait()
        return []

    reach = [replace(check, run=hang) for check in REACH if check.name == "broker"]

    # When it is asked for a sign of life
    (result,) = run_together(DEPLOYMENT, reach, 0.2)
    released.set()

    # Then it is wrong, as if it had refused
    assert (result.finding.severity, result.finding.see) == (Severity.WRONG, Page.BROKER_DOWN)
    assert result.finding.says == "redis://queues/1 does not answer within 0.2 s"


def test_a_check_that_exits_ends_nothing() -> None:
    results = run_together(DEPLOYMENT, [raises(SystemExit("missing")), Check("well", lambda _: [ok("well")])], 0.5)
    assert [each.finding.severity for each in results] == [Severity.UNKNOWN, Severity.OK]


@pytest.mark.parametrize("answers", [True, False])
def test_what_needs_a_silent_server_is_not_run(answers: bool) -> None:
    # Given a server that answers or not, and checks with and without need of it
    reach = [
        Check("broker", lambda _: [ok("answers") if answers else wrong("silent", "")], lambda all: [all.queues])
    ]
    checks = [
        Check("queues", lambda _: [ok("empty")], lambda all: [all.queues]),
        Check("both", lambda _: [ok("fine")], lambda all: [all.boards, all.queues]),
        Check("settings", lambda _: [ok("fine")]),
    ]

    # When they run
    results = examine(DEPLOYMENT, reach, checks)

    # Then those in need of it are named in one finding
    names = [each.check for each in results]
    looked = ["broker", "queues", "both", "settings"]
    assert names == (looked if answers else ["broker", "not looked at", "settings"])
    if not answers:
        assert results[1].finding.says == "queues, both: the broker does not answer"
