"""What a Redis server tells of itself, judged."""

from typing import Any

import pytest

from tasks.doctor.checks import server_state
from tasks.doctor.finding import Severity
from tests.support.findings import said, severities

WELL = {
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "aof_last_bgrewrite_status": "ok",
    "rdb_last_bgsave_status": "ok",
    "used_memory": 100,
    "maxmemory": 1_000,
    "maxmemory_policy": "noeviction",
    "evicted_keys": 0,
    "total_system_memory": 10_000,
}


@pytest.mark.parametrize(
    ("version", "severity"),
    [("5.0.14", Severity.WRONG), ("6.0.9", Severity.WRONG), ("6.2.0", Severity.OK), ("8.2", Severity.OK)],
)
def test_versions(version: str, severity: Severity) -> None:
    assert server_state.judge_version({"redis_version": version}).severity is severity


def test_roles() -> None:
    assert server_state.judge_role({"role": "master"}).severity is Severity.OK
    replica = server_state.judge_role({"role": "slave", "master_host": "10.0.0.1", "master_port": 6379})
    assert (replica.severity, "replica of 10.0.0.1:6379" in replica.says) == (Severity.WRONG, True)


@pytest.mark.parametrize(
    ("changes", "saves", "severity", "words"),
    [
        ({}, "", Severity.OK, "append-only file is on"),
        ({"aof_enabled": 0}, "", Severity.WRONG, "keeps nothing on disk"),
        ({"aof_enabled": 0}, "3600 1", Severity.WARNING, "append-only file is off"),
        ({"aof_enabled": 0}, None, Severity.WARNING, "append-only file is off"),
        ({"aof_last_write_status": "err"}, "", Severity.WRONG, "last write of the append-only file failed"),
        ({"aof_last_bgrewrite_status": "err"}, "", Severity.WRONG, "last rewrite of the append-only file failed"),
        ({"rdb_last_bgsave_status": "err"}, "", Severity.WRONG, "last snapshot on disk failed"),
    ],
)
def test_persistence(changes: dict[str, Any], saves: str | None, severity: Severity, words: str) -> None:
    (finding,) = server_state.judge_persistence(WELL | changes, saves)
    assert (finding.severity, words in finding.says) == (severity, True)


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        ({}, Severity.OK, "memory:"),
        ({"maxmemory_policy": "allkeys-lru"}, Severity.WRONG, "maxmemory-policy is allkeys-lru"),
        ({"evicted_keys": 5}, Severity.WRONG, "removed 5 keys"),
        ({"used_memory": 800}, Severity.WARNING, "fills up"),
        ({"used_memory": 950}, Severity.WRONG, "is full"),
        ({"maxmemory": 0}, Severity.OK, "maxmemory is not set"),
        ({"maxmemory": 0, "used_memory": 2_500}, Severity.WARNING, "fills up"),
        ({"maxmemory": 0, "used_memory": 8_000}, Severity.WRONG, "is full"),
    ],
)
def test_memory(changes: dict[str, Any], severity: Severity, words: str) -> None:
    findings = list(server_state.judge_memory(WELL | changes))
    assert any(finding.severity is severity and words in finding.says for finding in findings)
    assert max(severities(findings)) is severity


def test_clients_near_their_limit() -> None:
    assert not list(server_state.judge_clients({"connected_clients": 799, "maxclients": 1_000}))
    near, refused = server_state.judge_clients(
        {"connected_clients": 800, "maxclients": 1_000, "rejected_connections": 3}
    )
    assert (near.severity, refused.severity) == (Severity.WARNING, Severity.WARNING)
    assert "refused 3 connections" in refused.says


def test_latency() -> None:
    assert server_state.judge_latency([0.001] * 9 + [0.2]).severity is Severity.OK
    assert server_state.judge_latency([0.001] * 9 + [0.3]).severity is Severity.WARNING
    slow = server_state.judge_latency([0.05] * 10)
    assert (slow.severity, "50.0 ms in the median" in slow.says) == (Severity.WARNING, True)


@pytest.mark.parametrize(
    ("skew", "severity", "words"),
    [
        (0.9, Severity.OK, "differ by 900 ms"),
        (-5.0, Severity.WARNING, "5.0 s behind"),
        (600.0, Severity.WRONG, "10 minutes ahead of"),
        (-86_400.0, Severity.WRONG, "24.0 hours behind"),
    ],
)
def test_clocks(skew: float, severity: Severity, words: str) -> None:
    finding = server_state.judge_clock("the boards' Redis", skew)
    assert (finding.severity, words in finding.says) == (severity, True)


def test_slow_log_shows_recent_commands_without_their_arguments() -> None:
    old, quick, slow = (
        {"start_time": start, "duration": duration, "command": b"KEYS secret*"}
        for start, duration in ((1_000, 900_000), (9_900, 20_000), (9_900, 300_000))
    )
    assert server_state.judge_slow_log([old, quick], 10_000).severity is Severity.OK
    finding = server_state.judge_slow_log([old, quick, slow], 10_000)
    assert finding.severity is Severity.WARNING
    assert finding.says == "of the last ten minutes' commands, 1 took 100 ms or more; the slowest, KEYS, 300 ms"


def test_databases() -> None:
    info = {"db0": {"keys": 5}, "db1": {"keys": 2}, "db7": {"keys": 9}}
    assert server_state.judge_database(info, 0, {0, 1}).severity is Severity.OK
    assert server_state.judge_database({}, 0, {0, 1}).severity is Severity.OK
    moved = server_state.judge_database(info, 3, {3, 1})
    assert (moved.severity, "and 7 holds 9 keys" in moved.says) == (Severity.WARNING, True)


def test_a_server_that_tells_little_is_no_fault() -> None:
    # Given a server of another make, which leaves most fields out
    assert not said(server_state.judge_memory({}), Severity.WRONG)
    assert server_state.judge_version({}).severity is Severity.OK
