"""Publishing screens: each slot once, whoever publishes; only what has changed; none that was removed."""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.market.windows import Tick
from leaderboard.screens import definition
from leaderboard.screens.definition import Definition
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.screens.screens_file import load
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.boards import totals
from tests.support.market import bar
from tests.support.subscriptions import heard, listening
from tests.support.waiting import eventually

TOMORROW = date(2026, 11, 23)
SCREENS = """\
[[screen]]
name = "cheap"
by = "close"
order = "ascending"
size = 2
[[screen]]
name = "dear"
title = "Dear ones"
by = "close"
where = ["close >= 100"]
"""

Publisher = Callable[..., ScreenPublisher]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "screens.toml"
    path.write_text(SCREENS)
    return path


@pytest.fixture
def publisher(path: Path, redis_url: str) -> Publisher:
    """Makes publishers, each as of a process of its own. Slots are short, so that tests need not wait."""

    def make(interval: float = 0.02) -> ScreenPublisher:
        return ScreenPublisher(
            Shards([Redis.from_url(redis_url)]), WatchedFile(path, load, "screens"), interval=interval
        )

    return make


def publish(publisher: ScreenPublisher) -> int:
    """Publish in the next free slot. Returns how many screens were sent."""
    deadline = time.monotonic() + 5
    while (ticked := publisher.publish()).result == "taken":
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return ticked.screens


def rewrite(path: Path, text: str) -> None:
    """Write the file as if that were long ago."""
    path.write_text(text)
    os.utime(path, ns=(0, 0))


def rows(redis: Redis, name: str) -> Any:
    return json.loads(redis.get(keys.screen(name)) or b"null")


def definitions(redis: Redis) -> tuple[Definition, ...]:
    return definition.decode(cast(bytes | None, redis.get(keys.SCREENS)))


def ticks(redis: Redis) -> list[Tick]:
    entries = cast(list[tuple[bytes, dict[bytes, bytes]]], redis.xrange(keys.TICKS))
    return [Tick.parse(int(entry.partition(b"-")[0]), fields[b"tick"]) for entry, fields in entries]


def symbols(redis: Redis, name: str) -> list[tuple[int, str]]:
    return [(row["rank"], row["symbol"]) for row in rows(redis, name)]


def test_screens_are_published_as_boards_are(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given four symbols, two of which tie
    system.process(
        [bar(name, "09:30:00", close=close) for name, close in [("C", 2), ("B", 2), ("A", 9), ("D", 150)]]
    )
    listener = listening(redis, "scanners:*")

    # When their screens are published
    assert publish(publisher()) == 2

    # Then cache and channel hold the same bare arrays, ranked, cut to size, with the windows behind the quote
    assert symbols(redis, "cheap") == [(1, "B"), (2, "C")]
    assert symbols(redis, "dear") == [(1, "D")]
    assert dict(heard(listener)) == {name: rows(redis, name[9:]) for name in ("scanners:cheap", "scanners:dear")}
    (row,) = rows(redis, "dear")
    quote = json.loads(redis.get(keys.quote("D")) or b"")
    windows = ("pct_change_1m", "pct_change_5m", "volume_1m", "volume_5m")
    assert row == {"rank": 1} | quote | dict.fromkeys(windows)
    assert [*row] == ["rank", *quote, *windows]

    # And they live for four days, and are counted
    assert 4 * 86_400 - 60 < redis.ttl("scanners:cheap") <= 4 * 86_400
    assert totals(redis).screens == 2


def test_the_definitions_are_published(redis: Redis, publisher: Publisher) -> None:
    # When screens are published, though nothing has traded
    publish(publisher())

    # Then readers find what they are, and that they are empty
    cheap, dear = definitions(redis)
    assert (cheap.name, cheap.title, cheap.field, cheap.order, cheap.size) == (
        "cheap",
        "Cheap",
        "close",
        "ascending",
        2,
    )
    assert (dear.title, dear.conditions, dear.hours, dear.scanner) == (
        "Dear ones",
        ("close >= 100",),
        (),
        "scanners:dear",
    )
    assert rows(redis, "cheap") == rows(redis, "dear") == []


def test_only_what_has_changed_is_sent(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given published screens, and two publishers
    system.process([bar("A", "09:30:00", close=9), bar("B", "09:30:00", close=8), bar("D", "09:30:00", close=150)])
    one, other = publisher(), publisher()
    publish(one)
    listener = listening(redis, "scanners:*")

    # When nothing changes, whoever looks
    assert (publish(one), publish(other)) == (0, 0)

    # Then nothing is sent
    assert heard(listener) == []

    # When one symbol changes, then its screen alone is
    system.process([bar("D", "09:30:01", close=151)])
    assert publish(other) == 1
    assert [channel for channel, _ in heard(listener)] == ["scanners:dear"]

    # And if a snapshot was deleted, all are sent again
    redis.delete("scanners:cheap")
    assert publish(one) == 2
    assert symbols(redis, "cheap") == [(1, "B"), (2, "A")]


def publications(redis: Redis) -> int:
    """Publications since the server's start, from scripts too."""
    return int(redis.info("commandstats").get("cmdstat_publish", {}).get("calls", 0))


def test_nothing_is_published_where_nobody_listens(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given two screens, and somebody who listens to one of them
    system.process([bar("A", "09:30:00", close=150)])
    listener = redis.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("scanners:dear")
    listener.get_message(timeout=5)

    # When they are published
    before = publications(redis)
    assert publish(publisher()) == 2

    # Then he gets that one, both keys hold theirs, and the other was not published
    assert heard(listener) == [("scanners:dear", rows(redis, "dear"))]
    assert symbols(redis, "cheap") == symbols(redis, "dear") == [(1, "A")]
    assert publications(redis) - before == 1


def test_whoever_begins_to_listen_meanwhile_misses_nothing(
    system: System, redis: Redis, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given somebody who begins to listen after a publisher has found that nobody does, and then reads the key
    system.process([bar("A", "09:30:00", close=150)])
    unaware = publisher()
    listener = redis.pubsub(ignore_subscribe_messages=True)
    read = unaware._feed.read

    def read_when_somebody_listens(*arguments: Any) -> Any:
        listener.subscribe("scanners:dear")
        listener.get_message(timeout=5)
        assert redis.get("scanners:dear") is None
        return read(*arguments)

    monkeypatch.setattr(unaware._feed, "read", read_when_somebody_listens)

    # When it publishes
    publish(unaware)

    # Then he gets what the key holds now
    assert heard(listener) == [("scanners:dear", rows(redis, "dear"))]


def test_publishers_that_take_turns_publish_what_one_would(
    system: System, redis: Redis, publisher: Publisher
) -> None:
    # Given two publishers that take turns, one of which is started anew now and then
    one, other = publisher(), publisher()
    for second in range(12):
        system.process([bar(f"S{second % 5}", f"09:30:{second:02}", close=1 + second * 31 % 17)])
        publish((one, other)[second % 2])
        if second % 4 == 3:
            other = publisher()

    # When one that has seen nothing of it publishes
    published = [redis.get("scanners:cheap"), redis.get("scanners:dear")]
    redis.delete("scanners:cheap", "scanners:dear")
    publish(publisher())

    # Then it publishes the same
    assert [redis.get("scanners:cheap"), redis.get("scanners:dear")] == published


@pytest.mark.parametrize("loses_all", [True, False], ids=["flushed", "restarted with what it had saved"])
def test_whoever_publishes_after_a_loss_of_data_forgets_what_was_lost(
    system: System, redis: Redis, publisher: Publisher, loses_all: bool
) -> None:
    # Given a tick that the server has saved, and a later one that it has not
    publishers = [publisher(), publisher(), publisher()]
    system.process([bar("SAVED", "09:30:00", close=5)])
    for each in publishers:
        publish(each)
    saved = {key: redis.dump(key) for key in redis.scan_iter()}
    system.process([bar("LOST", "09:30:01", close=4)])
    for each in publishers:
        publish(each)

    # When it restarts, and has passed the lost revision before anybody publishes
    redis.flushall()
    if not loses_all:
        for key, value in saved.items():
            redis.restore(key, 0, cast(bytes, value))
    for second, symbol in enumerate("ABCDE"):
        system.process([bar(symbol, f"09:30:1{second}", close=6 + second)])

    # Then all publish what is there, in turns
    for each in (*publishers, publisher()):
        redis.delete("scanners:cheap")
        publish(each)
        assert symbols(redis, "cheap") == [*enumerate(["A", "B"] if loses_all else ["SAVED", "A"], 1)]


def test_a_prepared_publisher_has_read_the_market(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given a publisher that has read the market, and a server that has lost the change feed
    system.process([bar("A", "09:30:00", close=5)])
    prepared = publisher()
    prepared.prepare()
    redis.delete(keys.CHANGES)

    # Then it publishes it all the same
    publish(prepared)
    assert symbols(redis, "cheap") == [(1, "A")]


def test_a_full_server_refuses_and_all_is_published_once_there_is_room(
    system: System, redis: Redis, publisher: Publisher, full: Callable[[], None]
) -> None:
    # Given a server without room
    system.process([bar("A", "09:30:00", close=5)])
    one = publisher()
    full()

    # When a slot is to be published, then it is refused
    with pytest.raises(ResponseError, match="memory"):
        publish(one)
    assert not redis.exists(keys.SCREENS_STATE)

    # And the next one with room has all
    redis.config_set("maxmemory", 0)
    assert publish(one) == 2


def test_the_time_of_the_days_first_tick_is_published(system: System, redis: Redis, publisher: Publisher) -> None:
    def since() -> int:
        return int(redis.hget(keys.SCREENS_STATE, "windows_since") or 0)

    # Given a day's first tick
    system.process([bar("A", "09:30:00")])
    publish(publisher())
    first = since()
    assert 0 <= time.time() * 1000 - first < 60_000

    # When others publish the next ones, then windows reach back to the first
    system.process([bar("A", "09:30:01")])
    publish(publisher())
    assert since() == first

    # Until another day begins
    eventually(lambda: time.time() * 1000 > first + 1)
    system.process([bar("A", "04:00:00", TOMORROW)])
    publish(publisher())
    assert since() > first


def test_a_slot_is_published_once_however_many_try(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given twenty publishers, and a slot that does not end meanwhile
    system.process([bar("A", "09:30:00")])
    publishers = [publisher(interval=1000) for _ in range(20)]
    listener = listening(redis, "scanners:cheap")

    # When all publish at once
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(lambda each: each.publish().result, publishers))

    # Then one did
    assert sorted(results) == ["published"] + ["taken"] * 19
    assert len(heard(listener)) == 1


def test_a_publisher_whose_view_is_outdated_looks_again(
    system: System, redis: Redis, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a publisher that another overtakes between its look at what is published and its publishing
    system.process([bar("A", "09:30:00", close=5)])
    slow, fast = publisher(), publisher()
    publish(slow)
    read = slow._feed.read

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.undo()
        system.process([bar("A", "09:30:01", close=6)])
        publish(fast)
        system.process([bar("A", "09:30:02", close=5)])
        time.sleep(0.05)
        return read(*arguments)

    monkeypatch.setattr(slow._feed, "read", overtaken)

    # Then what it publishes is right after what the other has published
    publish(slow)
    assert rows(redis, "cheap")[0]["end_timestamp"] == bar("A", "09:30:02")["e"]


def test_publishing_goes_on_when_the_clock_is_set_back(redis: Redis, publisher: Publisher) -> None:
    redis.hset(keys.SCREENS_STATE, "slot", int(time.time() + 3600))

    assert publisher(interval=1).publish().result == "published"


def test_each_slot_leaves_a_tick_for_the_windows(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given a tick of a symbol, and one by another publisher in which nothing has changed
    system.process([bar("A", "09:30:00", close=5)])
    publish(publisher())
    publish(publisher())

    # Then both are in the stream, under their slots
    first, second = ticks(redis)
    assert (first.symbols, second.symbols) == (["A"], [])
    assert second.previous == first.slot < second.slot

    # And none is older than the windows reach back
    for slot, entries in ((first.slot - 20_000, 2), (first.slot - 10_000, 3)):
        redis.delete(keys.TICKS)
        redis.xadd(keys.TICKS, {"tick": second.pack()}, id=f"{slot}-0")
        publish(publisher())
        assert len(ticks(redis)) == entries - 1


def test_the_ticks_of_a_clock_that_was_set_back_are_deleted(redis: Redis, publisher: Publisher) -> None:
    ahead = int(time.time() + 3600)
    redis.hset(keys.SCREENS_STATE, "slot", ahead)
    redis.xadd(keys.TICKS, {"tick": b""}, id=f"{ahead}-0")

    publisher(interval=1).publish()

    (tick,) = ticks(redis)
    assert tick.slot < ahead


def test_a_screen_that_is_declared_no_longer_is_emptied_and_removed(
    system: System, redis: Redis, publisher: Publisher, path: Path
) -> None:
    # Given published screens
    system.process([bar("A", "09:30:00", close=150)])
    one = publisher()
    publish(one)
    listener = listening(redis, "scanners:*")

    # When one is taken out of the file, and another is added
    rewrite(path, SCREENS.replace('"dear"', '"new"'))
    publish(one)

    # Then its viewers see it emptied, its key goes, and the other one is there
    assert dict(heard(listener)) == {"scanners:dear": [], "scanners:new": rows(redis, "new")}
    assert not redis.exists("scanners:dear")
    assert [each.name for each in definitions(redis)] == ["cheap", "new"]

    # And that is done once
    assert publish(one) == 0
    assert heard(listener) == []


@pytest.mark.parametrize("junk", [None, b"junk"], ids=["published", "junk"])
def test_while_the_file_is_wrong_all_publish_what_is_published(
    system: System, redis: Redis, publisher: Publisher, path: Path, junk: bytes | None
) -> None:
    # Given two publishers, one of which has not published since the file has changed
    system.process([bar("A", "09:30:00", close=150)])
    idle, busy = publisher(), publisher()
    publish(idle)
    rewrite(path, SCREENS.replace('"dear"', '"new"') + 'caption = "by price"\nhours = ["regular"]\n')
    publish(busy)
    published = redis.get(keys.SCREENS)

    # When it becomes wrong
    rewrite(path, SCREENS + "size = 0\n")
    if junk:
        redis.set(keys.SCREENS, junk)
    publish(idle)

    # Then the published screens stay; if their definitions are junk, it publishes those it last read itself
    assert [each.name for each in definitions(redis)] == (["cheap", "dear"] if junk else ["cheap", "new"])
    assert junk or redis.get(keys.SCREENS) == published


def test_a_new_day_publishes_the_emptied_screens(system: System, redis: Redis, publisher: Publisher) -> None:
    # Given screens of a day
    system.process([bar("A", "09:30:00", close=150)])
    one = publisher()
    publish(one)
    listener = listening(redis, "scanners:*")

    # When the next day starts with another symbol
    system.process([bar("B", "04:00:00", TOMORROW, close=3)])
    publish(one)

    # Then screens are of that day
    assert dict(heard(listener))["scanners:dear"] == []
    assert symbols(redis, "cheap") == [(1, "B")]


def test_a_key_of_another_type_is_named_and_nothing_is_written(redis: Redis, publisher: Publisher) -> None:
    redis.set(keys.SCREENS_STATE, "junk")
    with pytest.raises(InvalidValueError, match=keys.SCREENS_STATE):
        publisher().publish()

    redis.delete(keys.SCREENS_STATE)
    redis.hset(keys.SCREENS, "junk", "1")
    with pytest.raises(InvalidValueError, match=keys.SCREENS):
        publisher().publish()
    assert not redis.exists("scanners:cheap")
