"""Real processes: workers of both lanes, a clock worker, two beats, and what operators type."""

import json
import math
import random
import signal
import time
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.sessions import session_of
from leaderboard.system import System
from tests.support.boards import eventually_as_expected
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually


def send(client: Celery, *bars: object) -> None:
    for each in bars:
        client.send_task("tasks.process_agg", [each], queue="aggs")


def queues_are_empty(redis: Redis) -> bool:
    broker = Redis(port=redis.connection_pool.connection_kwargs["port"], db=1)
    return not any((broker.llen("aggs"), broker.hlen("unacked")))


def test_two_workers_a_clock_and_two_beats(processes: Processes, client: Celery, redis: Redis) -> None:
    # Given a worker in the fast lane, a prefork one of stock Celery, a clock worker and two beats
    processes.worker("one")
    processes.worker("two", "--concurrency", "2", FAST_LANE="0")
    processes.worker("clock", "--concurrency", "2", queues="clock,reference")
    for name in ("beat-one", "beat-two"):
        processes.beat(name)
    arrivals: list[float] = []
    listener = redis.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(**{"scanners:top_volume": lambda _: arrivals.append(time.time())})
    thread = listener.run_in_thread(sleep_time=0.01, daemon=True)

    bars = [bar(f"S{n % 40}", f"09:{29 + n // 600}:{n // 20 % 30:02}", close=10 + n % 7) for n in range(1200)]
    # The first bar begins the session, and without one nothing is published.
    send(client, bars[0])
    eventually(lambda: arrivals)

    # When bars stream for ten seconds, in a shuffled order and some of them twice
    deliveries = bars + bars[::10]
    random.Random(7).shuffle(deliveries)
    started = time.time()
    for n, each in enumerate(deliveries):
        send(client, each)
        time.sleep(max(0, started + n * 10 / len(deliveries) - time.time()))
    stopped = time.time()

    # Then the boards are the oracle's
    eventually_as_expected(redis, expected(bars))

    # And each second was published once, at its beginning
    eventually(lambda: json.loads(redis.get("scanners:top_volume") or b"[]")[:1])
    thread.stop()
    thread.join()
    # As the script counts seconds.
    during = [math.floor(each + 0.2) for each in arrivals if started + 1 < each < stopped]
    assert len(during) == len(set(during))
    assert len(during) >= 7
    assert sorted(abs(each - round(each)) for each in arrivals)[len(arrivals) // 2] < 0.25


def test_beat_resets_by_the_wall_clock(processes: Processes, replay_settings: Settings, redis: Redis) -> None:
    # Given boards of years ago
    old = System.from_settings(replay_settings)
    old.process([{"sym": "OLD", "c": 1, "s": 1_381_219_217_000, "e": 1_381_219_218_000}])

    # When a beat starts that was not there when the day began
    processes.worker("clock", "--pool", "solo", queues="clock,reference", MARKET_CLOCK="wall")
    processes.beat("beat", MARKET_CLOCK="wall")

    # Then the boards are today's, and viewers have been told
    eventually(lambda: old.session() == session_of(int(time.time() * 1000)), seconds=90)
    assert redis.zcard("leaderboard:top_volume") == 0
    eventually(lambda: redis.get("scanners:top_volume") == b"[]")


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        pytest.param((), {}, id="fast lane"),
        pytest.param(("--concurrency", "2"), {"FAST_LANE": "0"}, id="stock"),
    ],
)
def test_a_terminated_worker_restores_what_it_has_in_flight(
    processes: Processes, client: Celery, redis: Redis, options: tuple[str, ...], environment: dict[str, str]
) -> None:
    # Given a worker in the middle of a backlog
    bars = [bar(f"S{n % 40}", f"09:30:{n // 40:02}", close=10 + n % 7) for n in range(1200)]
    send(client, *bars)
    processes.worker("first", *options, **environment)
    eventually(lambda: redis.zcard("leaderboard:top_volume") > 5)

    # When it gets SIGTERM, ends soon, and another takes its place
    processes.signal("first", signal.SIGTERM)
    processes.await_end("first", seconds=10)
    processes.worker("second", *options, **environment)

    # Then every bar is on the boards without waiting for the visibility timeout
    eventually_as_expected(redis, expected(bars), seconds=50)
    eventually(lambda: queues_are_empty(redis))


def test_dead_letters_are_mended_and_sent_again(processes: Processes, client: Celery, redis: Redis) -> None:
    # Given a worker and two bad bars
    processes.worker("worker", "--pool", "solo")
    send(client, bar("A", "09:30:00", c=None), bar("B", "09:30:00", c=-1))
    eventually(lambda: redis.xlen(keys.DEAD) == 2)

    # When they are listed
    listed = processes.run("tasks", "dead", "list", "--json")
    letters = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [letter["reason"] for letter in letters] == [
        "close: Field required",
        "close: Input should be greater than or equal to 0, got -1",
    ]
    assert "2 dead letters" in processes.run("tasks", "dead", "list").stdout

    # Then one that is mended is applied and gone, one that is not stays
    mended = processes.run("tasks", "dead", "resend", letters[0]["id"], "--set", "close=12.5")
    assert (mended.returncode, mended.stdout) == (0, "1 sent again, 0 kept\n")
    eventually(lambda: redis.hget(keys.row("A"), "close") == b"12.5")
    unmended = processes.run("tasks", "dead", "resend", "--all")
    assert unmended.returncode == 1
    assert "would be refused again: close" in unmended.stderr
    assert redis.xlen(keys.DEAD) == 1

    # And what looks like markup is shown as it came
    redis.xadd(keys.DEAD, {"reason": "close: got '[/red]'", "payload": "{}", "time": 1})
    assert "[/red]" in processes.run("tasks", "dead", "list").stdout

    # And a Redis that is away is named in a sentence
    away = processes.run("tasks", "dead", "list", environment={"REDIS_URL": "redis://:secret@127.0.0.1:1/0"})
    assert away.stderr.startswith("The boards' Redis, redis://:**@127.0.0.1:1/0, failed: ")

    # And purging asks first
    assert processes.run("tasks", "dead", "purge").returncode == 1
    assert processes.run("tasks", "dead", "purge", "--yes").stdout == "2 removed\n"


@pytest.mark.parametrize(
    ("variable", "document", "mistake"),
    [
        (
            "SCREENS_FILE",
            '[[screen]]\nname = "a"\nby = "clsoe"\n',
            "by: there is no field 'clsoe'; similar: close",
        ),
        (
            "ALERTS_FILE",
            '[[alert]]\nname = "a"\nevent = "enters:winners:10"\n',
            "event: there is no board and no screen winners, only volume, gappers, gainers, losers, ",
        ),
    ],
)
def test_a_mistake_in_what_is_declared_stops_a_clock_worker_and_no_worker_of_bars(
    processes: Processes, tmp_path: Path, variable: str, document: str, mistake: str
) -> None:
    # Given a file of screens, or of alerts, with a mistake
    path = tmp_path / "declared.toml"
    path.write_text(document)

    # When workers start with it
    processes.start_worker("clock", queues="clock,reference", **{variable: str(path)})
    processes.worker("bars", **{variable: str(path)})

    # Then the clock worker ends, and says which setting is wrong and where the mistake is
    processes.await_end("clock")
    assert f"Wrong setting {variable}:" in processes.log("clock")
    assert f"{path}:3: {mistake}" in processes.log("clock")
    assert "Traceback" not in processes.log("clock")
    assert processes.alive("bars")


def test_a_wrong_setting_stops_the_program_with_a_sentence(processes: Processes) -> None:
    for variable, value in {
        "MARKET_CLOCK": "moon",
        "MARKET_CLOSURES": "2025-1-9",
        "BOARD_SIZE": "many",
        "BOARD_RETAIN": "10",
        "PUBLISH_INTERVAL": "0",
        "CELERY_BROKER_URL": "amqp://localhost",
        "REDIS_URL": "redis://127.0.0.1/boards",
        "REFERENCE_FILE": "/nowhere/reference.csv",
        "SYMBOLS_BOUND": "0",
        "QUEUE_TASKS": "celery.group celery.chain",
        "FLOWER_HOSTS": "https://flower.example.com",
    }.items():
        stopped = processes.run("celery", "-A", "tasks", "report", environment={variable: value})

        assert stopped.returncode != 0
        assert "Wrong setting" in stopped.stderr
        assert variable in stopped.stderr
        assert "Traceback" not in stopped.stderr
        # Nor words of the library that found it out
        assert "Value error" not in stopped.stderr
