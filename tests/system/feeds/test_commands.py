"""The commands as a user meets them."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from redis import Redis

from config.celery import AGGS
from deploy.redis_server import RedisServer, free_port
from leaderboard import keys
from tests.support.feeds.flat_files import HEADER, line, written
from tests.support.market import at
from tests.support.processes import Processes
from tests.support.waiting import eventually

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)


Feeds = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def running(redis: Redis) -> Iterator[Feeds]:
    """Starts made-up markets, each of which has started to send."""
    with ExitStack() as started:

        def start(*options: str, **environment: str) -> subprocess.Popen[str]:
            feed = started.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "feeds", "synthetic", "--symbols", "20", *options],
                    env=os.environ | environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            started.callback(feed.kill)
            assert feed.stdout
            assert "bars sent" in feed.stdout.readline()
            return feed

        yield start


def test_a_replay_fills_the_boards(processes: Processes, redis: Redis, tmp_path: Path) -> None:
    # Given files of two days, the later one first, and one of the day before them
    wednesday = at("15:59:00", date(2026, 11, 18))
    before = written(tmp_path, line("A", wednesday, close=5), name="0.csv")
    friday = written(tmp_path, line("A", at("09:30:00", FRIDAY), close=12), name="1.csv")
    thursday = written(
        tmp_path,
        line("A", at("09:30:00", THURSDAY), close=10),
        line("A", at("15:59:00", THURSDAY), close=8),
        name="2.csv",
    )
    processes.worker("worker")
    # When they are replayed
    replay = processes.run(
        "feeds", "replay", str(friday), str(thursday), "--previous", str(before), "--speed", "max"
    )
    # Then all bars were sent, and worked off when the command ends
    assert (replay.returncode, replay.stderr) == (0, "")
    assert "Sent 3 bars in" in replay.stdout
    # And the boards show Friday's bar against Thursday's close
    row = json.loads(redis.get(keys.quote("A")) or b"{}")
    assert (row["close"], row["prev_day_close"], row["pct_change"]) == (12, 8, 50)
    assert row["accumulated_volume"] == 100
    # And a later replay of earlier days warns that it will not change the boards, but runs
    again = processes.run("feeds", "replay", str(thursday), "--speed", "max")
    assert again.returncode == 0
    assert "The boards show 2026-11-20 already" in again.stdout


def test_the_previous_close_of_an_early_close_is_that_of_13_00(
    processes: Processes, redis: Redis, tmp_path: Path
) -> None:
    # Given the day after Thanksgiving, which closed at 13:00, and the Monday after it
    friday, monday = date(2025, 11, 28), date(2025, 12, 1)
    half_day = [("12:59:00", "100,105,105,100"), ("15:30:00", "90,84,90,84")]
    first = written(
        tmp_path,
        *(f"A,500,{prices},{at(clock, friday)}000000,3" for clock, prices in half_day),
        name="a.csv",
    )
    second = written(tmp_path, f"A,100,105,105,105,105,{at('09:30:00', monday)}000000,3", name="b.csv")
    processes.worker("worker")
    # When both are replayed
    replay = processes.run("feeds", "replay", str(first), str(second), "--speed", "max")
    assert (replay.returncode, replay.stderr) == (0, "")
    # Then Monday is measured by the price at 13:00, and not by that of the after hours
    row = json.loads(redis.get(keys.quote("A")) or b"{}")
    assert (row["prev_day_close"], row["pct_change"]) == (105, 0)
    assert (row["prev_day_open"], row["prev_day_high"], row["prev_day_low"]) == (100, 105, 100)
    # And its volume is the whole day's
    assert row["prev_day_volume"] == 1000


def test_a_missing_day_leaves_the_previous_close_unknown(
    processes: Processes, redis: Redis, tmp_path: Path
) -> None:
    # Given two days with one between them, in the list or with --previous
    first = str(written(tmp_path, line("A", at("15:59:00", date(2025, 8, 6)), close=10), name="1.csv"))
    second = str(written(tmp_path, line("A", at("09:30:00", date(2025, 8, 8)), close=12), name="2.csv"))
    processes.worker("worker")
    for arguments in ([first, second], [second, "--previous", first]):
        # When they are replayed
        replay = processes.run("feeds", "replay", *arguments, "--speed", "max")
        # Then the move of two days is no gap of one, and the missing day is named
        assert (replay.returncode, replay.stderr) == (0, "")
        assert "2025-08-08 has no previous-day figures: 2025-08-07 is missing" in replay.stdout
        row = json.loads(redis.get(keys.quote("A")) or b"{}")
        assert (row["prev_day_close"], row["pct_change"]) == (12, 0)
    # But if the exchange was closed on it, there is none missing
    closed = processes.run(
        "feeds", "replay", first, second, "--speed", "max", environment={"MARKET_CLOSURES": "2025-08-07"}
    )
    assert (closed.returncode, closed.stderr) == (0, "")
    assert "no previous-day figures" not in closed.stdout
    row = json.loads(redis.get(keys.quote("A")) or b"{}")
    assert (row["prev_day_close"], row["pct_change"]) == (10, 20)


def test_day_aggregates_are_a_previous_day(processes: Processes, redis: Redis, tmp_path: Path) -> None:
    # Given the aggregates of a day, which start at its midnight, and bars of the next
    daily = str(written(tmp_path, line("A", at("00:00:00", date(2025, 12, 2)), 5000, 105), name="1.csv"))
    bars = str(written(tmp_path, line("A", at("09:30:00", date(2025, 12, 3)), close=110), name="2.csv"))
    processes.worker("worker")
    # When they give the previous day
    replay = processes.run("feeds", "replay", bars, "--previous", daily, "--speed", "max")
    # Then that is read as what it is
    assert (replay.returncode, replay.stderr) == (0, "")
    assert f"{daily}: day aggregates, 1 of 2025-12-02" in replay.stdout
    row = json.loads(redis.get(keys.quote("A")) or b"{}")
    assert (row["prev_day_close"], row["prev_day_volume"], row["change"]) == (105, 5000, 5)
    assert row["pct_change"] == pytest.approx(4.7619, abs=1e-4)
    # And they are not replayed, as their bars have no time of day
    refused = processes.run("feeds", "replay", daily, bars, "--speed", "max")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{daily} holds day aggregates, which tell no time of day")
    assert refused.stderr.count("\n") == 1


def test_rows_that_come_twice_count_once(processes: Processes, redis: Redis, tmp_path: Path) -> None:
    # Given a file with a repeated row, and a part of the same day that overlaps it
    rows = [line("A", at("09:30:00"), 1000), line("A", at("09:30:01"), 500)]
    whole = str(written(tmp_path, *rows, rows[0], name="whole.csv"))
    part = str(written(tmp_path, rows[1], name="part.csv"))
    processes.worker("worker")
    # When they are replayed, one of them twice
    replay = processes.run("feeds", "replay", whole, part, whole, "--speed", "max")
    # Then each bar was sent once
    assert (replay.returncode, replay.stderr) == (0, "")
    assert "2026-11-20: rows that came again count once, 5 of them." in replay.stdout
    assert "Sent 2 bars in" in replay.stdout
    row = json.loads(redis.get(keys.quote("A")) or b"{}")
    assert row["accumulated_volume"] == 1500
    # And where two rows differ, their lines are named before any bar is sent
    other = str(written(tmp_path, line("A", at("09:30:01"), 501), name="other.csv"))
    refused = processes.run("feeds", "replay", whole, other, "--speed", "max")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"{other}, line 2: another bar of A at 2026-11-20 09:30:01 ET, which differs from that of "
        f"{whole}, line 3.\n"
    )


def test_a_made_up_market_begins_a_day_later_each_time(processes: Processes, redis: Redis) -> None:
    # Given a worker and boards that show nothing yet
    processes.worker("worker")
    command = ["feeds", "synthetic", "--symbols", "5", "--rate", "5", "--start", "09:30"]
    days = []
    for _ in range(2):
        # When a made-up market runs for three seconds as fast as possible
        market = processes.run(*command, "--speed", "max", "--seconds", "3")
        # Then all its bars are on the boards, of symbols that are known
        assert (market.returncode, market.stderr) == (0, "")
        (symbol, *_) = redis.zscan_iter(keys.board("volume"))
        row = json.loads(redis.get(keys.quote(symbol[0].decode())) or b"{}")
        assert row["prev_day_close"] > 0
        assert row["avg_volume"] > 0
        days.append(redis.get(keys.SESSION))
    # And the second run has a day of its own, later than that of the first
    assert days[0] is not None
    assert days[1] is not None
    assert int(days[0]) < int(days[1])


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_with_the_wall_clock_bars_carry_the_real_time(running: Feeds, broker: Redis, fast_lane: str) -> None:
    # Given nobody who takes bars out of the queue
    began = time.time()
    # When a market runs on the wall's clock, with the fast lane and without
    feed = running("--rate", "20", MARKET_CLOCK="wall", FAST_LANE=fast_lane)
    eventually(lambda: broker.llen(AGGS) > 0)
    feed.send_signal(signal.SIGTERM)
    feed.communicate(timeout=10)
    # Then its bars are of now
    message = json.loads(broker.lrange(AGGS, -1, -1)[0])
    # Celery writes out what the arguments are.
    assert ("argsrepr" in message["headers"]) == (fast_lane == "0")
    (event,), _, _ = json.loads(base64.b64decode(message["body"]))
    assert began - 1 <= event["s"] / 1000 < event["e"] / 1000 <= time.time()


@pytest.mark.parametrize("option", [("--start", "09:30"), ("--speed", "2")])
def test_with_the_wall_clock_there_is_no_other_time(processes: Processes, option: tuple[str, str]) -> None:
    # Given the wall's clock
    # When a time or a speed of its own is asked for
    refused = processes.run(
        "feeds",
        "synthetic",
        "--symbols",
        "5",
        "--rate",
        "5",
        *option,
        environment={"MARKET_CLOCK": "wall", "COLUMNS": "200"},
    )
    # Then that is refused in a sentence
    assert refused.returncode == 2
    assert f"{option[0]}: with MARKET_CLOCK=wall the bars carry the real time" in refused.stderr


@pytest.mark.parametrize("text", [HEADER + "\nA,1,2\n", "symbol\nA\n", ""])
def test_a_file_that_is_wrong_ends_a_replay_with_a_sentence(
    processes: Processes, tmp_path: Path, text: str
) -> None:
    # Given a file with something wrong in it
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    # When it is replayed
    replay = processes.run("feeds", "replay", str(path))
    # Then one line names it
    assert replay.returncode == 1
    assert replay.stderr.startswith(f"{path}, line ")
    assert replay.stderr.count("\n") == 1


def test_a_broker_that_is_away_is_named_without_its_password(processes: Processes, tmp_path: Path) -> None:
    # Given a broker that does not answer
    url = f"redis://:secret@127.0.0.1:{free_port()}/1"
    path = written(tmp_path, line("A", at("09:30:00")))
    # When a file is replayed
    replay = processes.run("feeds", "replay", str(path), environment={"CELERY_BROKER_URL": url})
    # Then one line says which broker, and how far it came
    assert replay.returncode == 1
    assert url.replace("secret", "**") in replay.stderr
    assert "0 bars had been sent." in replay.stderr
    assert replay.stderr.count("\n") == 1
    assert "secret" not in replay.stdout + replay.stderr


def test_a_broker_that_goes_away_ends_a_feed(running: Feeds, tmp_path: Path) -> None:
    # Given a feed that sends bars to a broker of its own
    server = RedisServer(tmp_path / "broker").start()
    feed = running("--rate", "20", CELERY_BROKER_URL=server.url())
    # When the broker goes away
    server.stop()
    # Then the feed ends, and says how many bars were sent
    _, complaint = feed.communicate(timeout=60)
    assert feed.returncode == 1
    assert f"The broker, {server.url()}, failed:" in complaint
    assert "bars had been sent." in complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_feed_stops_at_once_and_sums_up(running: Feeds, number: int, code: int) -> None:
    # Given a feed that sends bars
    feed = running("--rate", "5")
    # When it is stopped
    feed.send_signal(number)
    output, complaint = feed.communicate(timeout=10)
    # Then its last word is what it sent
    assert output.splitlines()[-1].startswith("Stopped after ")
    assert (feed.returncode, complaint) == (code, "")
