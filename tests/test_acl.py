"""The users of ``deploy/redis/users.acl`` at a real Redis: each can do its work, and nothing else."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from celery import Celery
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.retry import Retry

from config.celery import AGGS
from deploy.acl import COMMANDS, USERS, GuardedServer, allowed, filled
from deploy.redis_server import free_port
from leaderboard import keys
from tasks.autoscale.gauge import Gauge
from tests.hostile import call, envelope
from tests.processes import Processes
from tests.waiting import eventually

WORKERS = {"worker", "clock"}
READS_BOARDS = {"clock", "gateway", "reader"}
# Of the messages by which Celery asks and tells its processes.
CONSUMERS = {*WORKERS, "beat", "inspector"}
#: Who may call what; what is not here is nobody's.
MAY: dict[str, set[str]] = {
    "GET scanners:top_gainers": READS_BOARDS,
    "GET quote:AAPL": {*READS_BOARDS, "worker"},
    "ZRANGE leaderboard:top_gainers 0 9": {*WORKERS, "reader"},
    "HGETALL symbol:AAPL:data": {*WORKERS, "reader"},
    "SUBSCRIBE scanners:top_gainers": READS_BOARDS,
    "PSUBSCRIBE quote:*": {*READS_BOARDS, "worker"},
    "HGETALL leaderboard:totals": {*WORKERS, "gateway"},
    "XRANGE leaderboard:dead - +": WORKERS,
    "GET reference:AAPL:profile": WORKERS,
    "SET quote:AAPL {}": WORKERS,
    "ZADD leaderboard:top_gainers 1 AAPL": WORKERS,
    "PUBLISH scanners:top_gainers []": {"clock"},
    "EVAL return(1) 0": {*CONSUMERS, "scaler"},
    "EVAL return(redis.call('LLEN',KEYS[1])) 1 aggs": {*WORKERS, "inspector", "scaler"},
    "EVAL return(redis.call('HLEN',KEYS[1])) 1 unacked": {*WORKERS, "inspector", "scaler"},
    "EVAL return(redis.call('RPOP',KEYS[1])) 1 aggs": {*WORKERS, "inspector"},
    "EVAL return(redis.call('HLEN',KEYS[1])) 1 leaderboard:totals": WORKERS,
    "TYPE aggs": {"producer", *WORKERS, "inspector", "scaler"},
    "LPUSH aggs bar": {"producer", *WORKERS},
    "LLEN aggs": {"producer", *WORKERS, "inspector", "scaler"},
    "LINDEX aggs -1": {"worker"},
    "RPOP aggs": {*WORKERS, "inspector"},
    "DEL aggs": {*WORKERS, "inspector"},
    "LPUSH clock call": {*WORKERS, "beat"},
    "HLEN unacked": {"producer", *WORKERS, "inspector", "scaler"},
    "HDEL unacked tag": CONSUMERS,
    "PUBLISH /1.celery.pidbox command": CONSUMERS,
    "PUBLISH __sentinel__:hello word": {"sentinel"},
    "CONFIG REWRITE": {"sentinel"},
    "SCRIPT KILL": {"sentinel"},
    "CLIENT KILL TYPE pubsub": {"sentinel"},
    "INFO": {"sentinel"},
    "SLAVEOF NO ONE": {"sentinel"},
    "REPLCONF capa eof": {"replica"},
    "PSYNC ? -1": {"replica"},
}
#: What KEDA's scaler of lists has the server run: the length by the type of the key.
LENGTH = """
local commands = {zset = 'zcard', set = 'scard', list = 'llen', hash = 'hlen', none = 'llen'}
return redis.call(commands[redis.call('type', KEYS[1]).ok], KEYS[1])
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GuardedServer]:
    server = GuardedServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


def test_who_may_call_what(server: GuardedServer) -> None:
    answers = allowed(server)

    assert {command: {user for user in USERS if answers[command][user]} for command in COMMANDS} == {
        command: MAY.get(command, set()) for command in COMMANDS
    }


def test_nobody_is_served_without_a_name(server: GuardedServer) -> None:
    with pytest.raises(Exception, match="authenticated"):
        Redis(port=server.port).get("scanners:top_gainers")


def test_nobody_is_served_by_the_name_of_nobody(server: GuardedServer) -> None:
    client = Redis(port=server.port, protocol=2, retry=Retry(NoBackoff(), 0))

    for password in ("", "default"):
        with pytest.raises(AuthenticationError):
            client.execute_command("AUTH", "default", password)


def test_what_was_written_together_is_there_after_a_restart(server: GuardedServer) -> None:
    # Given what a script and a transaction have written
    worker = server.client_of("worker")
    first, second = keys.quote("A"), keys.quote("B")
    worker.eval("redis.call('SET', KEYS[1], 1) redis.call('SET', KEYS[2], 1)", 2, first, second)
    with worker.pipeline(transaction=True) as pipe:
        pipe.lpush(AGGS, "bar", "bar")
        pipe.lpush("clock", "call")
        pipe.execute()

    # When the server starts anew
    server.stop()
    server.start()

    # Then it has all of it
    assert worker.mget(first, second) == [b"1", b"1"]
    assert [worker.llen(queue) for queue in (AGGS, "clock")] == [2, 1]


def test_passwords_are_hashed_and_none_is_forgotten() -> None:
    made = filled(dict.fromkeys(USERS, "a-password"))

    assert "a-password" not in made
    assert made.count("#") == len(USERS)
    assert all(line.startswith("user ") for line in made.splitlines())
    with pytest.raises(ValueError, match="no password for beat: set REDIS_PASSWORD_BEAT"):
        filled({user: "a-password" for user in USERS if user != "beat"})


def test_the_system_works_under_its_users(server: GuardedServer, tmp_path: Path) -> None:
    # Given every process under its own user, and a clock that runs
    def urls(boards: str, broker: str) -> dict[str, str]:
        return {"REDIS_URL": server.url_of(boards, 0), "CELERY_BROKER_URL": server.url_of(broker, 1)}

    web, flower = free_port(), free_port()
    reference = tmp_path / "reference.csv"
    reference.write_text("symbol,prev_day_close\nAAPL,100\n")
    processes = Processes(tmp_path, MARKET_CLOCK="wall")
    try:
        worker, gateway = urls("worker", "worker"), urls("gateway", "inspector")
        processes.start_worker("aggs", **worker)
        clock = urls("clock", "clock") | {"REFERENCE_FILE": str(reference)}
        processes.start_worker("clock", "--pool", "solo", queues="clock,reference", **clock)
        processes.beat("beat", **urls("beat", "beat"))
        processes.start("web", "watch", "serve", "--port", str(web), **gateway)
        address = ["--address=127.0.0.1", f"--port={flower}"]
        processes.start("flower", "celery", "-A", "tasks", "flower", *address, **urls("inspector", "inspector"))

        # When a producer sends bars
        sender, reader = Redis.from_url(server.url_of("producer", 1)), server.client_of("reader")

        def has_come() -> bool:
            # One after the other: a little before 04:00 reference data is already that of the day which begins.
            now = int(time.time() * 1000)
            sender.lpush(AGGS, envelope(call({"sym": "AAPL", "c": 110, "s": now - 1000, "e": now})))
            return reader.hget(keys.row("AAPL"), "pct_change") == b"10"

        # Then the row has what the reference data says, the board is published, and all is well
        eventually(has_come, 90, "the row")
        eventually(lambda: b"AAPL" in (reader.get(keys.scanner("gappers")) or b""), what="the board")
        eventually(lambda: _status(f"http://127.0.0.1:{web}/healthz") == 200, what="good health")
        for page in ("/api/boards/gappers", "/api/quotes/AAPL", "/api/status", "/metrics"):
            assert _status(f"http://127.0.0.1:{web}{page}") == 200, page
        top = processes.run("watch", "top", "gappers", environment=urls("reader", "reader"))
        assert "AAPL" in top.stdout, top.stderr
        eventually(lambda: _status(f"http://127.0.0.1:{flower}/broker") == 200, what="Flower")
        fed = processes.run(
            *("feeds", "synthetic", "--symbols", "5", "--rate", "5", "--seconds", "2"),
            environment=urls("worker", "producer"),
        )
        assert fed.returncode == 0, fed.stderr

        # And a bad event is kept, the dead letters can be read, and all stop in order
        sender.lpush(AGGS, envelope(call({"sym": "BAD"})))
        operator = server.operator()
        eventually(lambda: operator.xlen(keys.DEAD) == 1)
        letters = processes.run("tasks", "dead", "list", "--json", environment=worker)
        assert "close: Field required" in letters.stdout
        for name in ("aggs", "clock", "beat"):
            processes.signal(name, signal.SIGTERM)
            processes.await_end(name)

        # And nobody has asked for anything that is not his
        assert server.denied() == []
    finally:
        processes.stop()


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=20, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def test_keda_sees_what_waits_and_what_is_held(server: GuardedServer) -> None:
    # Given bars that wait, and one in a worker's hands
    broker = Redis.from_url(server.url_of("worker", 1))
    broker.lpush(AGGS, "bar", "bar")
    broker.hset("unacked", "tag", "bar")

    # When KEDA asks as its user
    keda = Redis.from_url(server.url_of("scaler", 1))
    assert keda.ping()
    lengths = [keda.eval(LENGTH, 1, key) for key in (AGGS, "unacked")]
    broker.delete(AGGS)
    lengths.append(keda.eval(LENGTH, 1, AGGS))

    # Then it is told, also of a queue that is empty, and nothing was denied
    assert lengths == [2, 1, 0]
    assert server.denied() == []


def test_the_autoscaler_reads_the_depth_as_a_worker(
    server: GuardedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a bar that waits since ten seconds
    ended = int(time.time() * 1000) - 10_000
    event = {"sym": "A", "c": 1, "s": ended - 1000, "e": ended}
    Redis.from_url(server.url_of("producer", 1)).lpush(AGGS, envelope(call(event)))

    # When the autoscaler looks
    monkeypatch.setenv("CELERY_BROKER_URL", server.url_of("worker", 1))
    reading = Gauge(Celery(), dated=True).read()

    # Then it sees the bar, and how old it is
    assert (reading.waiting, reading.held) == (1, 0)
    assert reading.age == pytest.approx(20, abs=15)
    assert server.denied() == []


def test_a_reader_changes_nothing(server: GuardedServer) -> None:
    reader = server.client_of("reader")

    for command in (
        ("SET", "quote:AAPL", "{}"),
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("KEYS", "*"),
        ("EVAL", "return redis.call('SET', 'quote:AAPL', '{}')", "0"),
        ("LPUSH", "aggs", "bar"),
    ):
        with pytest.raises(NoPermissionError):
            reader.execute_command(*command)
