"""Each batch of bars is on the tape, in the same atomic step as what it changes."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from redis.exceptions import ResponseError

from config.settings import Settings
from deploy.acl import has_selectors
from deploy.redis_server import executable
from leaderboard import keys
from leaderboard.connections.wrong_keys import find
from leaderboard.event import Event
from leaderboard.fields import STOOD_IN_FOR
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.reference.store import ReferenceStore
from leaderboard.sessions import Phase, Session
from leaderboard.shards import Shards
from leaderboard.store.shard_mark import ShardMark
from leaderboard.store.store import Store
from leaderboard.system import System
from leaderboard.tape.entries import IN_EFFECT, Bars, Entry, Moved, Refresh, Rolled
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import renew
from tests.integration.leaderboard.tape.conftest import Recorded
from tests.support.boards import assert_as_expected
from tests.support.market import TODAY, at, bar
from tests.support.oracle import expected
from tests.support.random_bars import bars_of_two_days
from tests.support.spoiled_keys import BARS, spoil

KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))


@pytest.fixture
def other(replay_settings: Settings) -> System:
    """Another process."""
    return System.from_settings(replay_settings)


def payloads(entries: Sequence[Entry], outcomes: str = IN_EFFECT) -> Iterator[dict[str, Any]]:
    """The bars on the tape of events with these outcomes, as feeds send them."""
    for entry in entries:
        if isinstance(entry, Bars):
            for each in entry.bars:
                if entry.outcomes[each["event"]] in outcomes:
                    fields = {name: each[name].item() for name in each.dtype.names or () if name in _SENT}
                    yield fields | {"symbol": entry.symbols[each["event"]]}


_SENT = {name for name in Event.__struct_fields__ if name not in ("symbol", "event_type")}


def test_a_batch_is_on_the_tape_with_what_became_of_it(system: System, redis: Redis, recorded: Recorded) -> None:
    # Given what is known of a symbol
    system.reference.learn(TODAY, {"A": KNOWN})

    # When bars come, of which one is older and one is of an earlier day
    bars = [bar("A", "09:30:01", close=12), bar("A", "09:30:00"), bar("B", "09:30:01", TODAY.replace(day=19))]
    system.process([*bars, bar("B", "09:30:01", close=3, h=0)])

    # Then all are on the tape, with the reference fields of the rows that they have made anew
    *_, batch = recorded()
    assert isinstance(batch, Bars)
    assert (batch.symbols, batch.outcomes) == (["A", "A", "B", "B"], "AALA")
    assert (batch.revision, batch.session) == (2, 202611201)
    assert batch.bars["start_timestamp"].tolist()[:2] == [at("09:30:01"), at("09:30:00")]
    assert batch.references.keys() == {0, 3}
    assert batch.references[0].values["prev_day_close"] == 8
    assert batch.references[0].stand_ins == ()
    assert batch.references[3].values["prev_day_close"] == 3
    assert batch.references[3].stand_ins == tuple(field.name for field in STOOD_IN_FOR)


def test_reference_fields_are_recorded_again_only_where_they_changed(system: System, recorded: Recorded) -> None:
    for second in range(3):
        system.process([bar("A", f"09:30:0{second}", op=0 if second < 2 else 10)])

    assert [list(batch.references) for batch in recorded() if isinstance(batch, Bars)] == [[0], [], [0]]


def test_while_nobody_records_there_is_no_tape(system: System, redis: Redis) -> None:
    system.process(BARS)
    system._store.refresh(["S1"])

    assert not redis.exists(keys.TAPE, keys.TAPE_POSITION, keys.RECORDING)


def test_a_recorder_that_comes_later_misses_no_batch(system: System, redis: Redis, recorded: Recorded) -> None:
    # Given a process that does not know yet that somebody records, when it begins several batches at once
    pending = [system.begin(BARS[start : start + 50]) for start in range(0, 200, 50)]
    for each in pending:
        each.result()

    # Then all are on the tape, and once nobody records they are on the boards alone
    assert expected([*payloads(recorded())]) == expected(BARS)
    redis.delete(keys.RECORDING)
    system.process([bar("S1", "09:33:00")])
    system.process([bar("S1", "09:34:00")])
    assert len(recorded()) == 4
    assert redis.hget(keys.row("S1"), "start_timestamp") == str(at("09:34:00")).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(deliveries=bars_of_two_days("ABC", 12), cut=st.integers(0, 12))
def test_the_bars_on_the_tape_give_the_boards(
    system: System, other: System, redis: Redis, deliveries: list[dict[str, Any]], cut: int
) -> None:
    # Given a recording, and two processes with any bars, some of which come twice
    redis.flushall()
    renew(redis)
    for process, batch in ((system, deliveries[:cut]), (other, deliveries[cut:]), (other, deliveries[:cut])):
        process.process(batch)

    # Then the boards are what follows from the bars on the tape
    entries = TapeReader(redis).read(0, 100)
    assert_as_expected(redis, expected([*payloads(entries)]))
    assert expected([*payloads(entries, "ASL")]) == expected(deliveries)


def test_bars_that_are_conflated_away_are_on_the_tape(conflating_settings: Settings, recorded: Recorded) -> None:
    # Given bars of a backlog
    process = System.from_settings(conflating_settings)
    day = date(2013, 10, 8)
    clocks = ["09:30:02", "09:30:00", "09:30:01", "09:30:03"]
    bars = [bar(symbol, clock, day, close=10 + n) for n, clock in enumerate(clocks) for symbol in "AB"]

    # When only the newest of each symbol is applied
    assert process.process(bars).conflated == 6

    # Then the tape has all of them, as they came
    (batch,) = recorded()
    assert isinstance(batch, Bars)
    assert (batch.symbols, batch.outcomes, batch.days) == (["A", "B"], "AA", {})
    assert batch.bars["event"].tolist() == [0] * 4 + [1] * 4
    assert batch.bars["open"].tolist() == [10, 11, 12, 13] * 2
    assert batch.position == 1 + 8


def test_events_that_are_not_applied_are_distinguished(redis: Redis, redis_url: str, recorded: Recorded) -> None:
    # Given a day with room for one symbol, and time that is the server's
    store = Store(
        redis,
        ReferenceStore(Shards([redis]), has_source=lambda: False),
        board_size=500,
        board_retain=500,
        symbols_bound=1,
        follows_events=False,
        mark=ShardMark(redis, 0, 1),
    )
    start, early = at("10:00:00", date(2013, 10, 8)), at("10:00:00", date(2098, 10, 8))

    # When a batch has a symbol too many, and a bar of a session that has not begun
    store.apply(
        [Event(*each, each[2] + 1000) for each in (("A", 1, 1, start), ("B", 1, 1, start), ("A", 1, 1, early))]
    )

    # Then the outcomes say so
    (batch,) = recorded()
    assert isinstance(batch, Bars)
    assert batch.outcomes == "ABE"


def test_a_day_may_roll_within_a_batch(system: System, redis: Redis, recorded: Recorded) -> None:
    system.process([bar("A", "09:29:00"), bar("A", "09:30:00"), bar("A", "04:00:00", TODAY.replace(day=23))])
    system._store.roll(Session(TODAY.replace(day=23), Phase.REGULAR))

    batch, rolled = recorded()
    assert isinstance(batch, Bars)
    assert (batch.outcomes, batch.session) == ("AAA", 202611230)
    assert isinstance(rolled, Rolled)
    assert (rolled.session, rolled.revision) == (202611231, int(redis.get(keys.REVISION) or 0))


def test_rows_that_are_refreshed_are_recorded_without_bars(system: System, recorded: Recorded) -> None:
    # Given rows made without reference data
    system.process([bar("A", "09:30:00"), bar("B", "09:30:00")])

    # When some arrive, and symbols are ranked again
    system.reference.learn(TODAY, {"A": KNOWN})
    system._store.rank_again([row.event for row in system._store.newest(["B"])])

    # Then the tape says which rows were made anew, and of which reference fields
    refreshed, ranked = (entry for entry in recorded() if isinstance(entry, Refresh))
    assert (refreshed.symbols, refreshed.outcomes) == (["A"], "A")
    assert refreshed.references[0].values["avg_volume"] == 200
    assert (ranked.symbols, ranked.outcomes, ranked.references) == (["B"], "A", {})


def test_a_move_of_the_session_clock_is_recorded_and_what_rows_say_of_their_day(
    system: System, recorded: Recorded
) -> None:
    # Given a day that a corrupt bar has ended
    system.process([bar("A", "09:30:01", h=15, l=5), bar("A", "09:30:02", close=9)])
    system.process([bar("X", "10:00:00", date(2099, 6, 1))])

    # When an operator moves the clock back
    system.session_clocks.first.move(Session(TODAY, Phase.REGULAR), system.session_clocks.first.read())

    # Then the tape says so, and the row that was read back
    moved, restored = recorded()[2:4]
    assert isinstance(moved, Moved)
    assert (moved.session, moved.keeps) == (202611201, False)
    assert isinstance(restored, Bars)
    assert (restored.symbols, restored.outcomes) == (["A"], "A")
    assert restored.bars["close"].tolist() == [9]
    day = restored.days[0]
    assert (day.start, day.end, day.values.high, day.values.low) == (at("09:30:02"), at("09:30:03"), 15, 5)


def test_a_batch_that_fails_half_way_is_on_the_tape_once_it_is_applied(
    redis: Redis, replay_settings: Settings, recorded: Recorded
) -> None:
    # Given bars of which the script can write the rows and no board
    redis.execute_command("ACL SETUSER", "limited", "on", ">word", "~*", "&*", "+@all", "-zadd")
    url = replay_settings.redis_url.replace("redis://", "redis://limited:word@")
    limited = System.from_settings(replay_settings.model_copy(update={"redis_url": url}))
    with pytest.raises(ResponseError):
        limited.process(BARS)
    assert recorded() == []

    # When they come again
    redis.execute_command("ACL SETUSER", "limited", "+zadd")
    limited.process(BARS)
    redis.acl_deluser("limited")

    # Then the tape has them, and all reference fields of their rows
    (batch,) = recorded()
    assert isinstance(batch, Bars)
    assert expected([*payloads([batch])]) == expected(BARS)
    assert {batch.symbols[n] for n in batch.references} == {each["sym"] for each in BARS}


@pytest.mark.skipif(not has_selectors(executable()), reason="the server has no users that may only read a key")
def test_a_batch_that_fails_after_its_entry_is_on_the_tape_twice(
    system: System, redis: Redis, replay_settings: Settings, recorded: Recorded
) -> None:
    # Given a day, and bars of new symbols of which the script can write all but the records
    begun = [bar("A", "09:30:00")]
    system.process(begun)
    bars = [bar(f"S{n}", "09:30:01", close=10 + n) for n in range(20)]
    writes = ("symbol:*", "quote:*", "reference:*", "leaderboard:[^r]*", keys.REVISION, keys.RECORDING)
    allowed = [f"~{pattern}" for pattern in writes]
    allowed += [f"%R~{keys.RECORDS}", "&*", "+@all", "(~* +evalsha +script)"]
    redis.execute_command("ACL SETUSER", "limited", "on", ">word", *allowed)
    url = replay_settings.redis_url.replace("redis://", "redis://limited:word@")
    limited = System.from_settings(replay_settings.model_copy(update={"redis_url": url}))
    with pytest.raises(ResponseError):
        limited.process(bars)

    # When they come again
    redis.execute_command("ACL SETUSER", "limited", "~*")
    limited.process(bars)
    redis.acl_deluser("limited")

    # Then both entries say the same, and the boards are what follows from them
    _, first, second = recorded()
    assert isinstance(first, Bars)
    assert isinstance(second, Bars)
    assert (first.outcomes, first.references) == (second.outcomes, second.references)
    assert_as_expected(redis, expected([*begun, *payloads([first, second])]))


@pytest.mark.parametrize(
    ("key", "kind"), [(keys.RECORDING, "string"), (keys.TAPE, "stream"), (keys.TAPE_POSITION, "string")]
)
def test_bars_wait_for_a_key_of_the_tape_that_is_of_another_type(
    system: System, redis: Redis, recorded: Recorded, key: str, kind: str
) -> None:
    # Given a recording, one of whose keys is of another type
    redis.delete(key)
    held = spoil(redis, key, kind)

    # When bars come, also of a later session, then they fail, and the error names the key
    with pytest.raises(ResponseError, match=f"WRONGKEY {key} is of type {held}, not {kind}"):
        system.process(BARS)
    with pytest.raises(ResponseError, match=f"WRONGKEY {key} is of type {held}, not {kind}"):
        system._store.roll(Session(TODAY, Phase.REGULAR))
    assert find(redis) == [f"{key} is of type {held}, not {kind}"]
    assert not redis.exists(keys.RECORDS)

    # And once it is deleted they are on the boards
    redis.delete(key)
    system.process(BARS)
    assert_as_expected(redis, expected(BARS))
