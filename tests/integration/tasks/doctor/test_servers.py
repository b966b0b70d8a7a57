"""Servers that are away, badly configured, or not what their URL says."""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from config.redis_urls import Server
from config.settings import Settings
from deploy.redis_server import RedisServer, free_port
from tasks.doctor import reach
from tasks.doctor.checks import queue_state, server_state
from tasks.doctor.deployment import Deployment
from tasks.doctor.examination import Result, examine
from tasks.doctor.finding import Finding, Severity
from tasks.doctor.table import CHECKS, REACH, checks_of, reach_of
from tests.support.findings import said
from tests.support.redis_servers.moved_redis import moved_redis
from tests.support.redis_servers.proxy import Proxy
from tests.support.redis_servers.sentinels import Watched
from tests.support.waiting import eventually

#: Seconds that the whole may take.
WHOLE = 10.0
#: Checks of what else runs on this machine, such as a gateway at the usual port.
ELSEWHERE = {"gateway", "machine"}


def of(boards: str, queues: str | None = None, **settings: Any) -> Deployment:
    return Deployment(Settings(redis_url=boards, celery_broker_url=queues or boards, **settings), {})


def state(url: str) -> list[Finding]:
    return list(server_state.check(of(url).boards))


@pytest.fixture
def url(server: RedisServer) -> str:
    return server.url()


@pytest.fixture
def operator(server: RedisServer) -> Iterator[Redis]:
    client = Redis.from_url(server.url())
    yield client
    client.close()


def test_a_sound_server(url: str) -> None:
    assert not said(state(url), Severity.WRONG)
    assert any("append-only file is on" in each for each in said(state(url), Severity.OK))


def test_a_server_that_is_down() -> None:
    (finding,) = reach.check(of(f"redis://:secret@127.0.0.1:{free_port()}/0").boards)
    assert (finding.severity, "does not answer" in finding.says) == (Severity.WRONG, True)
    assert "secret" not in finding.says


def test_one_of_several_servers_is_down(url: str) -> None:
    # Given boards over three servers, of which the second is down
    down = f"redis://:secret@127.0.0.1:{free_port()}/0"
    deployment = of(url, board_shards=(Server(down), Server(url.replace("/0", "/3"))))

    # When the whole is looked at
    results = examine(deployment, reach_of(deployment), checks_of(deployment))

    # Then it says which does not answer, and what was not looked at there
    found = {result.check: result.finding for result in results}
    assert "does not answer" in found["server 2 of the boards"].says
    assert "session of server 2 of the boards" in found["not looked at"].says
    assert "keys of server 3 of the boards" in found
    assert "secret" not in str(results)


def test_a_wrong_password(server: RedisServer, operator: Redis) -> None:
    operator.config_set("requirepass", "right")
    for url in (f"redis://127.0.0.1:{server.port}/0", f"redis://:wrong@127.0.0.1:{server.port}/0"):
        (finding,) = reach.check(of(url).boards)
        assert (finding.severity, "refuses user and password" in finding.says) == (Severity.WRONG, True)


def test_servers_that_swallow_everything_cost_ten_seconds_at_most(proxy: Proxy) -> None:
    # Given a network that takes connections and forwards nothing
    proxy.hold()
    deployment = of(f"redis://127.0.0.1:{proxy.port}/0", f"redis://127.0.0.1:{proxy.port}/1")

    # When the whole is looked at
    began = time.monotonic()
    results = examine(deployment, REACH, CHECKS)
    took = time.monotonic() - began

    # Then both are named, and what could not be looked at
    assert took < WHOLE
    assert said_by(results, Severity.WRONG) - ELSEWHERE == {"boards' Redis", "broker"}
    assert "not looked at" in said_by(results, Severity.UNKNOWN)


def said_by(results: list[Result], severity: Severity) -> set[str]:
    return {each.check for each in results if each.finding.severity is severity}


def test_a_policy_that_evicts(url: str, operator: Redis) -> None:
    operator.config_set("maxmemory-policy", "allkeys-lru")
    assert any("maxmemory-policy is allkeys-lru" in each for each in said(state(url), Severity.WRONG))


def test_a_full_memory(url: str, operator: Redis) -> None:
    operator.config_set("maxmemory", "1")
    assert any("memory is full" in each for each in said(state(url), Severity.WRONG))


def test_no_persistence(url: str, operator: Redis) -> None:
    operator.config_set("appendonly", "no")
    assert any("keeps nothing on disk" in each for each in said(state(url), Severity.WRONG))
    operator.config_set("save", "3600 1")
    assert any("append-only file is off" in each for each in said(state(url), Severity.WARNING))


def test_a_slow_command(url: str, operator: Redis) -> None:
    operator.eval("for i = 1, 5e7 do end", 0)
    assert any("the slowest, EVAL" in each for each in said(state(url), Severity.WARNING))


def test_a_replica_in_the_place_of_the_master(watched: Watched) -> None:
    assert not said(state(watched.master.url()), Severity.WRONG)
    eventually(lambda: said(state(watched.replica.url()), Severity.WRONG))
    assert any("is a replica of 127.0.0.1" in each for each in said(state(watched.replica.url()), Severity.WRONG))


def test_sentinels_lead_to_the_master(watched: Watched) -> None:
    deployment = of(watched.url(0), redis_master="boards", celery_broker_master="boards")
    assert [each.severity for each in reach.check(deployment.boards)] == [Severity.OK]
    assert not said(server_state.check(deployment.boards), Severity.WRONG)


def test_sentinels_that_know_no_such_master(watched: Watched) -> None:
    deployment = of(watched.url(0), redis_master="others", celery_broker_master="others")
    (finding,) = reach.check(deployment.boards)
    assert (finding.severity, "name no master" in finding.says) == (Severity.WRONG, True)


def test_a_clock_that_is_wrong(tmp_path: Path) -> None:
    with moved_redis(tmp_path, "10:00:00") as moved:
        findings = state(moved.server.url())
    assert any("one of the two is wrong" in each for each in said(findings, Severity.WRONG))


def test_messages_in_flight_age_by_the_servers_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a broker with another clock, and a message that was delivered just now
    with moved_redis(tmp_path, "10:00:00", date(2026, 1, 5)) as moved:
        url = moved.server.url(1)
        monkeypatch.setenv("CELERY_BROKER_URL", url)
        with Redis.from_url(url) as broker:
            seconds, _ = broker.time()
            broker.hset("unacked", "tag", "message")
            broker.zadd("unacked_index", {"tag": seconds})
        findings = list(queue_state.check(of(moved.server.url(0), url)))

    # Then it is in flight for no time
    assert not said(findings, Severity.WARNING)


def test_databases(server: RedisServer, operator: Redis) -> None:
    # Given keys in database 0
    operator.set("key", 1)

    # Then URLs of one database, or of an empty one, are noticed
    shared = server_state.check_databases(of(server.url(0)))
    assert any("share database 0" in each for each in said(shared, Severity.WARNING))
    empty = server_state.check_databases(of(server.url(4), server.url(5)))
    assert any("database 4, which REDIS_URL names, is empty" in each for each in said(empty, Severity.WARNING))
    well = server_state.check_databases(of(server.url(0), server.url(1)))
    assert not said(well, Severity.WARNING)
    (one,) = server_state.check_broker(of(server.url(0), server.url(1)))
    assert "server of the boards" in one.says
