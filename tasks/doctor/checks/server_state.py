"""The state of a Redis server: version, role, persistence, memory, latency, clock, slow log and databases."""

import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from redis.exceptions import RedisError, ResponseError

from tasks.doctor.deployment import Deployment, Server
from tasks.doctor.finding import Finding, Page, ok, unknown, warning, wrong

#: The oldest version whose commands the scripts and the broker's transport use.
OLDEST = (6, 2)
#: Shares of a limit from which it is near, and from which there is no time left.
NEAR, AT_LIMIT = 0.8, 0.95
#: Seconds of the median and of the longest ping that are too long.
SLOW_MEDIAN, SLOW_PING = 0.02, 0.25
#: Seconds by which clocks may differ, and from which on sessions begin at a wrong time.
SKEW, WRONG_SKEW = 1.0, 10.0
#: Seconds that a command may run, and of the past whose slow commands count.
SLOW_COMMAND, RECENT = 0.1, 600.0

_PINGS = 10
_ENTRIES = 32


class Reading(NamedTuple):
    """What a server answered about itself.

    Attributes:
        info: its ``INFO``; None: the user may not ask for it.
        saves: its option ``save``; None: the user may not ask for it.
        pings: seconds of some pings.
        skew: seconds by which its clock is ahead of this machine's.
        slow: entries of its slow log, as redis-py has them; None: the user may not ask for it.
    """

    info: Mapping[str, Any] | None
    saves: str | None
    pings: Sequence[float]
    skew: float | None
    slow: Sequence[Mapping[str, Any]] | None


def check(server: Server) -> Iterable[Finding]:
    """Read the state of the boards' Redis, and judge it."""
    return _judge(server, read(server))


def check_broker(deployment: Deployment) -> Iterable[Finding]:
    """Read the state of the broker, unless it is the server of the boards, and judge it."""
    if _is_one_server(deployment):
        return [ok("it is the server of the boards")]
    return _judge(deployment.queues, read(deployment.queues))


def _judge(server: Server, reading: Reading) -> Iterator[Finding]:
    yield judge_latency(reading.pings)
    if reading.skew is not None:
        yield judge_clock(server.name, reading.skew)
    if reading.slow:
        yield judge_slow_log(reading.slow, time.time() + (reading.skew or 0))
    if reading.info is None:
        yield unknown(
            f"the user {server.user} may not ask for INFO: version, persistence and memory were not looked at",
            "Give the user what deploy/redis/users.acl gives it, or run this as another one.",
            Page.USERS,
        )
        return
    yield judge_version(reading.info)
    yield judge_role(reading.info)
    yield from judge_persistence(reading.info, reading.saves)
    yield from judge_memory(reading.info)
    yield from judge_clients(reading.info)


def check_databases(deployment: Deployment) -> Iterable[Finding]:
    """Whether the settings name the databases that hold the keys."""
    boards, queues = deployment.boards, deployment.queues
    named = {boards.database}
    if _is_one_server(deployment):
        named.add(queues.database)
        if len(named) == 1:
            yield warning(
                f"boards and queues share database {boards.database} of one server",
                "Name another database in CELERY_BROKER_URL, such as /1, and restart everything.",
                Page.SETTINGS,
            )
    info: Any = boards.client.info("keyspace")
    yield judge_database(info, boards.database, named)


def _is_one_server(deployment: Deployment) -> bool:
    """Whether both settings name the same server, as far as can be known."""
    try:
        infos: list[Any] = [each.client.info("server") for each in (deployment.boards, deployment.queues)]
    except RedisError:
        return False
    return bool(infos[0].get("run_id") == infos[1].get("run_id"))


def read(server: Server) -> Reading:
    """Ask a server for its state."""
    client: Any = server.client
    return Reading(
        info=_unless_refused(client.info),
        saves=_unless_refused(lambda: client.config_get("save").get("save", "")),
        pings=[_seconds_of(client.ping) for _ in range(_PINGS)],
        skew=_unless_refused(lambda: _skew(client)),
        slow=_unless_refused(lambda: client.slowlog_get(_ENTRIES)),
    )


def _unless_refused(ask: Any) -> Any:
    try:
        return ask()
    except ResponseError:
        # Providers of Redis rename or remove some of these commands.
        return None


def _seconds_of(call: Any) -> float:
    began = time.perf_counter()
    _unless_refused(call)
    return time.perf_counter() - began


def _skew(client: Any) -> float:
    """Seconds by which the server's clock is ahead, by the answer that took the least time."""
    samples = []
    for _ in range(3):
        began = time.time()
        seconds, microseconds = client.time()
        took = time.time() - began
        samples.append((took, seconds + microseconds / 1e6 - (began + took / 2)))
    return float(min(samples)[1])


# --- judgements


def judge_version(info: Mapping[str, Any]) -> Finding:
    text = str(info.get("redis_version", "unknown"))
    parts = [int(part) for part in text.split(".")[:2] if part.isdigit()]
    if len(parts) == 2 and tuple(parts) < OLDEST:
        return wrong(f"its version is {text}; 6.2 is the oldest that works", "Upgrade the server.", Page.DEPLOY)
    return ok(f"version {text}")


def judge_role(info: Mapping[str, Any]) -> Finding:
    if info.get("role") == "master":
        replicas = info.get("connected_slaves", 0)
        return ok(f"it is a master{f' with {replicas} replicas' if replicas else ''}")
    return wrong(
        f"it is a replica of {info.get('master_host')}:{info.get('master_port')}, and takes no writes",
        "Name the master in the URL, or the Sentinels. If this one is to be the master: REPLICAOF NO ONE.",
        Page.HIGH_AVAILABILITY,
    )


def judge_persistence(info: Mapping[str, Any], saves: str | None) -> Iterator[Finding]:
    """Whether what it holds outlives a restart.

    Args:
        info: its ``INFO``.
        saves: its option ``save``; None: unknown.
    """
    failed = False
    for field, what in _WRITES.items():
        if info.get(field, "ok") != "ok":
            failed = True
            yield wrong(
                f"{what} failed: {field} is {info[field]}",
                "Look at the server's log and at the disk's space and permissions. Redis may refuse all writes "
                "(MISCONF) until it is over.",
                Page.DEPLOY,
            )
    if info.get("aof_enabled"):
        if not failed:
            yield ok("the append-only file is on, and its last writes were fine")
    elif saves == "":
        yield wrong(
            "it keeps nothing on disk: a restart loses boards or bars that wait",
            "CONFIG SET appendonly yes, and the same in its configuration file.",
            Page.DEPLOY,
        )
    else:
        yield warning(
            "the append-only file is off: a crash loses all since the last snapshot on disk",
            "CONFIG SET appendonly yes, and the same in its configuration file.",
            Page.DEPLOY,
        )


_WRITES = {
    "aof_last_write_status": "the last write of the append-only file",
    "aof_last_bgrewrite_status": "the last rewrite of the append-only file",
    "rdb_last_bgsave_status": "the last snapshot on disk",
}


def judge_memory(info: Mapping[str, Any]) -> Iterator[Finding]:
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield wrong(
            f"maxmemory-policy is {policy}: with its memory full, it removes boards and bars that wait",
            "CONFIG SET maxmemory-policy noeviction, and the same in its configuration file.",
            Page.DEPLOY,
        )
    if evicted := int(info.get("evicted_keys", 0)):
        yield wrong(
            f"it has removed {evicted:,} keys since its start, as its memory was full",
            "Raise maxmemory and set maxmemory-policy noeviction, then replay the day so far.",
            Page.CAPACITY,
        )
    yield _judge_space(used, limit or int(info.get("total_system_memory", 0)), bounded=bool(limit))


def _judge_space(used: int, limit: int, *, bounded: bool) -> Finding:
    of = f"{_size(used)} of {_size(limit)}" + ("" if bounded else " of its machine, and maxmemory is not set")
    # Without a limit of its own, it needs as much again to rewrite its file.
    share = used / limit if limit else 0
    if share >= (AT_LIMIT if bounded else NEAR):
        return wrong(f"its memory is full: {of}", "Raise maxmemory: bars are refused and wait.", Page.MEMORY)
    if share >= (NEAR if bounded else 0.25):
        return warning(f"its memory fills up: {of}", "Raise maxmemory before it is full.", Page.MEMORY)
    return ok(f"memory: {of}")


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.1f} MB"


def judge_clients(info: Mapping[str, Any]) -> Iterator[Finding]:
    clients, most = int(info.get("connected_clients", 0)), int(info.get("maxclients", 0))
    if most and clients >= NEAR * most:
        yield warning(
            f"{clients:,} clients are connected, and maxclients is {most:,}",
            "Find out who connects (CLIENT LIST), or raise maxclients.",
            Page.CAPACITY,
        )
    if blocked := int(info.get("rejected_connections", 0)):
        yield warning(
            f"it has refused {blocked:,} connections since its start, as maxclients was reached",
            "Raise maxclients, or find out who connects.",
            Page.CAPACITY,
        )


def judge_latency(pings: Sequence[float]) -> Finding:
    """Judge the seconds of some pings."""
    median, worst = statistics.median(pings), max(pings)
    says = f"a ping takes {median * 1000:.1f} ms in the median, {worst * 1000:.1f} ms at worst"
    if median >= SLOW_MEDIAN or worst >= SLOW_PING:
        return warning(
            says,
            "Look for slow commands (SLOWLOG GET), a busy core of the server's machine, and the network between.",
            Page.REDIS_BUSY,
        )
    return ok(says)


def judge_clock(server: str, skew: float) -> Finding:
    """Judge the seconds by which a server's clock is ahead of this machine's."""
    if abs(skew) < SKEW:
        return ok(f"its clock and this machine's differ by {abs(skew) * 1000:.0f} ms")
    way = "ahead of" if skew > 0 else "behind"
    says = f"its clock is {_duration(abs(skew))} {way} this machine's: one of the two is wrong"
    do = "Compare both with a clock that is right, and mend the wrong one (NTP)."
    if server == "the boards' Redis":
        do += " Sessions begin by the clock of the boards' Redis, and all processes follow it."
    return (wrong if abs(skew) >= WRONG_SKEW else warning)(says, do, Page.SESSION_CLOCK)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def judge_slow_log(entries: Sequence[Mapping[str, Any]], now: float) -> Finding:
    """Judge the slow log.

    Args:
        entries: as redis-py has them.
        now: Unix seconds by the server's clock.
    """
    recent = [each for each in entries if now - each["start_time"] <= RECENT]
    slow = [each for each in recent if each["duration"] >= SLOW_COMMAND * 1e6]
    if not slow:
        return ok("no command of the last ten minutes took 100 ms")
    slowest = max(slow, key=lambda each: int(each["duration"]))
    # The name only: arguments may hold anything.
    name = bytes(slowest["command"]).split(b" ")[0].decode(errors="replace")
    return warning(
        f"of the last ten minutes' commands, {len(slow)} took 100 ms or more; the slowest, {name}, "
        f"{slowest['duration'] / 1000:,.0f} ms",
        "SLOWLOG GET shows them. Keep KEYS and other long commands away from this server.",
        Page.REDIS_BUSY,
    )


def judge_database(info: Mapping[str, Any], database: int, named: set[int]) -> Finding:
    """Whether the keys are in the database that the setting names.

    Args:
        info: the server's ``INFO``.
        database: that of the boards.
        named: databases that settings name, of this server.
    """
    counts = {
        int(name[2:]): value["keys"] for name, value in info.items() if name[:2] == "db" and name[2:].isdigit()
    }
    if count := counts.get(database):
        return ok(f"database {database} holds {count:,} keys")
    others = {each: count for each, count in counts.items() if each not in named}
    if others:
        fullest = max(others, key=lambda each: others[each])
        return warning(
            f"database {database}, which REDIS_URL names, is empty, and {fullest} holds {others[fullest]:,} keys",
            f"If the boards are there, REDIS_URL ends with /{fullest}.",
            Page.SETTINGS,
        )
    return ok(f"database {database} is empty")
