"""Publishing alerts: in the transaction of their tick, each once, and never to the harm of the screens."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.alerts import alerts_file, definition
from leaderboard.alerts.alert import Alert
from leaderboard.alerts.publisher import AlertPublisher
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens import screens_file
from leaderboard.screens.publisher import ScreenPublisher, Ticked
from leaderboard.shards import Shards
from leaderboard.system import System
from leaderboard.tape.entries import ScreensTicked
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import renew
from tests.support.boards import totals
from tests.support.market import bar
from tests.support.subscriptions import heard, listening

RULES = """\
[[alert]]
name = "dear"
title = "Dear"
when = ["close >= 100"]
cooldown = 0
[[alert]]
name = "new-high"
event = "new_high"
cooldown = 0
"""
SCREEN = '[[screen]]\nname = "cheap"\nby = "close"\norder = "ascending"\n'
# Seconds. A tick has to be of another second than the one before, for ids name it.
INTERVAL = 0.02

Publisher = Callable[[], ScreenPublisher]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "alerts.toml"
    path.write_text(RULES)
    return path


@pytest.fixture
def publisher(path: Path, redis_url: str) -> Publisher:
    """Makes publishers, each as of a process of its own."""
    screens = path.with_name("screens.toml")
    screens.write_text(SCREEN)

    def make() -> ScreenPublisher:
        redis = Redis.from_url(redis_url)
        alerts = AlertPublisher(redis, WatchedFile(path, alerts_file.load, "alerts"), interval=INTERVAL)
        watched = WatchedFile(screens, screens_file.load, "screens")
        return ScreenPublisher(Shards([redis]), watched, interval=INTERVAL, alerts=alerts)

    return make


def publish(publisher: ScreenPublisher) -> Ticked:
    """Publish in the next free slot."""
    deadline = time.monotonic() + 5
    while (ticked := publisher.publish()).result == "taken":
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return ticked


def rewrite(path: Path, text: str) -> None:
    """Write the file as if that were long ago."""
    path.write_text(text)
    os.utime(path, ns=(0, 0))


def entries(redis: Redis) -> list[tuple[str, Alert]]:
    """The stream: of each entry its id and its alert."""
    found = cast(list[tuple[bytes, dict[bytes, bytes]]], redis.xrange(keys.ALERTS))
    return [(entry.decode(), Alert.parse(fields[b"alert"])) for entry, fields in found]


def fired(redis: Redis) -> list[str]:
    """What has fired: rule and symbol."""
    return [f"{alert.rule}:{alert.symbol}" for _, alert in entries(redis)]


def test_what_fires_is_published_and_kept(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given rules, and a market below them
    one, listener = publisher(), listening(redis, keys.ALERTS_CHANNEL)
    publish(one)
    system.process([bar("A", "09:30:00", close=99), bar("B", "09:30:00", close=5)])
    assert publish(one).alerts == 0

    # When a symbol comes to satisfy both
    system.process([bar("A", "09:30:01", close=101)])
    assert publish(one).alerts == 2

    # Then both are in the stream, in the order of the rules, under the slot of their tick
    state = cast(dict[bytes, bytes], redis.hgetall(keys.ALERTS_STATE))
    (first, dear), (second, high) = entries(redis)
    slot = int(state[b"slot"])
    assert (first, second) == (f"{slot}-0", f"{slot}-1")
    assert (dear.rule, dear.symbol, dear.at) == ("dear", "A", int(state[b"at"]))
    assert dear.id == f"dear:A:{int(slot * INTERVAL + 1e-6)}"
    assert (dear.text, high.text) == ("A 101.00 (+0.0 %): Dear", "A 101.00 (+0.0 %): New high, 101.00")

    # And their rows are the quote of then, the windows behind it
    quote = cast(bytes, redis.get(keys.quote("A")))
    windows = b',"pct_change_1m":null,"pct_change_5m":null,"volume_1m":null,"volume_5m":null}'
    assert bytes(dear.row) == quote[:-1] + windows

    # And they are published as they are kept, and counted
    assert [message["id"] for _, message in heard(listener)] == [dear.id, high.id]
    assert totals(redis).alerts == 2


def test_the_definitions_of_the_rules_are_published(redis: Redis, publisher: Publisher) -> None:
    # When a tick is published, though nothing has traded
    publish(publisher())

    # Then readers find the rules
    dear, high = definition.decode(cast(bytes | None, redis.get(keys.ALERT_RULES)))
    assert (dear.name, dear.title, dear.event, dear.conditions, dear.cooldown) == (
        "dear",
        "Dear",
        None,
        ("close >= 100",),
        0,
    )
    assert (high.name, high.event) == ("new-high", "new_high")


def test_what_was_satisfied_when_nothing_was_known_does_not_fire(
    system: System, redis: Redis, publisher: Publisher
) -> None:
    # Given a symbol that satisfies a rule before the first tick
    system.process([bar("A", "09:30:00", close=101)])
    one = publisher()
    publish(one)

    # When it goes on to, and ceases to, then nothing fires
    system.process([bar("A", "09:30:01", close=100)])
    publish(one)
    system.process([bar("A", "09:30:02", close=99)])
    publish(one)
    assert fired(redis) == []

    # And when it does so anew, then that fires
    system.process([bar("A", "09:30:03", close=100)])
    publish(one)
    assert fired(redis) == ["dear:A"]


def test_a_rule_that_is_added_fires_for_what_comes_after(
    system: System, redis: Redis, publisher: Publisher, path: Path
) -> None:
    # Given a market with a symbol that satisfies a rule to come
    one, other = publisher(), publisher()
    publish(one)
    system.process([bar("A", "09:30:00", close=101)])
    publish(one)
    redis.delete(keys.ALERTS)

    # When the rule is added to the file
    rewrite(path, RULES + '[[alert]]\nname = "dearer"\nwhen = ["close >= 101"]\n')
    publish(other)

    # Then it is published, and fires for another symbol only
    system.process([bar("B", "09:30:01", close=102)])
    publish(one)
    assert fired(redis) == ["dear:B", "dearer:B"]
    assert len(definition.decode(cast(bytes | None, redis.get(keys.ALERT_RULES)))) == 3


def test_a_rule_may_name_a_screen(
    system: System, redis: Redis, publisher: Publisher, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a rule that names the declared screen, and one that names another
    entering = '[[alert]]\nname = "{0}"\nevent = "enters:{0}:1"\ncooldown = 0\n'
    path.write_text(entering.format("cheap") + entering.format("gone"))
    one = publisher()
    publish(one)

    # When symbols come to be the first of the screen, one after the other
    system.process([bar("B", "09:30:00", close=5)])
    publish(one)
    system.process([bar("A", "09:30:01", close=4)])
    publish(one)

    # Then it fires for them, and the log has said once that there is no such screen as the other
    assert [alert.text for _, alert in entries(redis)] == [
        "B 5.00 (+0.0 %): Cheap, number 1 of Cheap",
        "A 4.00 (+0.0 %): Cheap, number 1 of Cheap",
    ]
    (record,) = caplog.records
    assert record.getMessage().endswith("name: gone (enters:gone:1)")


def test_while_the_file_is_wrong_the_published_rules_are_evaluated(
    system: System, redis: Redis, publisher: Publisher, path: Path
) -> None:
    # Given two publishers, one of which has not published since the file has changed
    idle, busy = publisher(), publisher()
    publish(idle)
    rewrite(path, RULES.replace("100", "50"))
    publish(busy)

    # When the file becomes wrong
    rewrite(path, RULES + "hold = 1\n")
    system.process([bar("A", "09:30:00", close=60)])
    publish(idle)

    # Then it evaluates what is published
    assert fired(redis) == ["dear:A"]


@pytest.mark.parametrize("key", [keys.ALERTS, keys.ALERTS_STATE, keys.ALERT_RULES])
def test_a_wrong_key_harms_no_screen_and_nothing_is_lost(
    system: System, redis: Redis, publisher: Publisher, key: str
) -> None:
    # Given a key of alerts that somebody has overwritten
    one = publisher()
    publish(one)
    held = redis.dump(key) or b""
    system.process([bar("A", "09:30:00", close=101)])
    redis.delete(key)
    redis.sadd(key, "junk")

    # When a tick is published, then its screens are, and its alerts are not, for a reason that names the key
    ticked = publish(one)
    assert (ticked.result, ticked.screens, ticked.alerts) == ("published", 1, 0)
    assert isinstance(ticked.alerts_error, InvalidValueError | ResponseError)
    assert key in str(ticked.alerts_error)

    # And once the key is repaired, the alert fires
    redis.delete(key)
    if held:
        redis.restore(key, 0, held)
    publish(one)
    assert fired(redis) == ["dear:A"]


def test_junk_in_the_state_counts_as_no_state(
    system: System, redis: Redis, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a state that no process can read
    publish(publisher())
    redis.hset(keys.ALERTS_STATE, "state", b"junk")
    system.process([bar("A", "09:30:00", close=101)])

    # When another process publishes, then it says so, and what is satisfied already does not fire
    one = publisher()
    with caplog.at_level(logging.ERROR):
        assert publish(one).alerts_error is None
    assert "leaderboard:alerts_state is lost" in caplog.text
    assert fired(redis) == []

    # And it goes on from there
    system.process([bar("B", "09:30:00", close=101)])
    publish(one)
    assert fired(redis) == ["dear:B"]


def test_ids_of_the_stream_rise_also_after_the_clock_was_set_back(
    system: System, redis: Redis, publisher: Publisher
) -> None:
    # Given an alert of an hour ahead
    one = publisher()
    publish(one)
    ahead = int(time.time() / INTERVAL) + 180_000
    redis.xadd(keys.ALERTS, {"alert": b"{}"}, id=f"{ahead}-3")

    # When two fire now
    system.process([bar("A", "09:30:00", close=101), bar("B", "09:30:00", close=101)])
    publish(one)

    # Then they stand behind it
    found: Any = redis.xrange(keys.ALERTS)
    assert [entry.decode() for entry, _ in found] == [f"{ahead}-{n}" for n in (3, 4, 5)]


def test_the_tape_says_where_rules_knew_of_no_tick_before(redis: Redis, publisher: Publisher) -> None:
    # Given somebody who records, and a first tick, a second one, and one after the state was lost
    renew(redis)
    one = publisher()
    publish(one)
    publish(one)
    redis.delete(keys.ALERTS_STATE)
    publish(one)

    # Then the tape says so of the first and the last
    entries = TapeReader(redis).read(0, 100)
    assert [each.alerts_anew for each in entries if isinstance(each, ScreensTicked)] == [True, False, True]


def test_without_rules_nothing_is_evaluated(redis: Redis, publisher: Publisher, path: Path) -> None:
    # Given a publisher with rules
    one = publisher()
    publish(one)

    # When they are taken out of the file
    rewrite(path, "")
    publish(one)
    state = redis.hget(keys.ALERTS_STATE, "slot")

    # Then readers find none, and no further state is kept
    assert redis.get(keys.ALERT_RULES) == b"[]"
    assert publish(one).alerts_error is None
    assert redis.hget(keys.ALERTS_STATE, "slot") == state
