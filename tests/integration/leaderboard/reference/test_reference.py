"""Reference data: arrival, versions, what is unknown, who is asked and how often."""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from config.settings import Settings
from leaderboard import keys
from leaderboard.clock import Clock
from leaderboard.connections.connection import connect
from leaderboard.reference import PreviousDay, Profile, Reference, VolumeProfile
from leaderboard.reference.csv_source import CsvSource
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.reference.source import SourceError
from leaderboard.reference.store import ReferenceStore
from leaderboard.reference.upkeep import Fetched
from leaderboard.reference.volume_profile import TIMES
from leaderboard.reference.warmups import Warmups
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.boards import assert_as_expected, row, scores
from tests.support.market import TODAY, bar
from tests.support.oracle import expected
from tests.support.subscriptions import listening
from tests.support.waiting import eventually

KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))
USUAL = VolumeProfile.of([0.1 * n for n in range(TIMES)], 30)
OTHERWISE = VolumeProfile.of([0.2 * n for n in range(TIMES)], 30)
TOMORROW = date(2026, 11, 23)


class Recorded:
    """A source that knows what it is told and remembers what it was asked."""

    def __init__(self, known: Mapping[str, Reference]) -> None:
        self.known = known
        self.asked: list[list[str]] = []
        self.bulk_calls = 0
        self.fails = False
        # What it has only for who asks by name.
        self.singly: Mapping[str, Reference] = {}

    def fetch(self, symbols: Collection[str], day: date) -> Mapping[str, Reference]:
        self.asked.append(sorted(symbols))
        if self.fails:
            raise SourceError("no answer")
        known = {**self.known, **self.singly}
        return {symbol: known[symbol] for symbol in symbols if symbol in known}

    def fetch_all(self, day: date) -> Iterable[Mapping[str, Reference]]:
        self.bulk_calls += 1
        return [self.known]


@pytest.fixture
def source() -> Recorded:
    return Recorded({"A": KNOWN})


@pytest.fixture
def systems(replay_settings: Settings, source: Recorded) -> list[System]:
    """Two processes with the same source."""
    clients = [connect(replay_settings.redis_url) for _ in range(2)]
    return [System(Shards([each]), Clock(each), replay_settings, source) for each in clients]


def test_what_is_unknown_reads_as_no_change(system: System, redis: Redis) -> None:
    system.process([bar("A", "09:30:00", close=12, vw=11.5, v=300)])

    stored = row(redis, "A")
    assert (stored["prev_day_close"], stored["prev_day_volume"], stored["prev_day_vwap"]) == (12, 300, 11.5)
    assert (stored["prev_day_open"], stored["avg_volume"], stored["free_float"]) == (0, 0, 0)
    assert (stored["change"], stored["pct_change"], stored["relative_volume"]) == (0, 0, 0)


def test_an_arrival_makes_the_row_anew_without_another_event(system: System, redis: Redis) -> None:
    # Given a row made without reference data, and somebody who watches its quote
    system.process([bar("A", "09:30:00", close=12, av=400)])
    listener = listening(redis, keys.quote("A"))

    # When the data arrives
    assert system.reference.learn(TODAY, {"A": KNOWN}) == 1

    # Then row, score and quote are made with it at once
    assert row(redis, "A")["pct_change"] == scores(redis)["gappers"]["A"] == 50
    assert row(redis, "A")["relative_volume"] == 2
    message = listener.get_message(timeout=5)
    assert message is not None
    assert b'"pct_change":50,' in message["data"]
    listener.close()


def test_a_previous_price_of_zero_is_unknown_whoever_brings_it(
    system: System, redis: Redis, tmp_path: Path
) -> None:
    # Given a file whose prices are 0, and what an earlier release has put into Redis
    path = tmp_path / "reference.csv"
    path.write_text(
        "symbol,prev_day_close,prev_day_vwap,prev_day_low,prev_day_volume\nA,0,0.0,0,0\nB,0,8,-0,500\n"
    )
    from_file = CsvSource(path).fetch({"A", "B"}, TODAY)
    redis.set(keys.previous_day("C", TODAY), '{"close":0.0,"volume":500}')

    # When it is learned, and bars come
    system.reference.learn(TODAY, from_file)
    bars = [bar(symbol, "09:30:00", close=12) for symbol in "ABC"]
    system.process(bars)

    # Then the bar stands in for what is unknown, and nothing has changed since the day before
    assert from_file["B"].previous == PreviousDay(volume=500, vwap=8)
    shown = [(row(redis, symbol)["prev_day_close"], row(redis, symbol)["pct_change"]) for symbol in "ABC"]
    assert shown == [(12, 0)] * 3
    zeros = {"prev_day_close": 0, "prev_day_vwap": 0, "prev_day_volume": 0}
    known = {"A": zeros, "B": zeros | {"prev_day_vwap": 8, "prev_day_volume": 500}, "C": {"prev_day_volume": 500}}
    assert_as_expected(redis, expected(bars, known))


def test_no_row_is_older_than_the_reference_data_in_redis(systems: list[System], redis: Redis) -> None:
    # Given a worker that has its own copy of a symbol's reference data
    worker, other = systems
    worker.reference.learn(TODAY, {"A": KNOWN})
    worker.process([bar("A", "09:30:00", close=12)])
    assert scores(redis)["gappers"]["A"] == 50

    # When other data arrives elsewhere and the worker, which has not heard of it, applies the next bar
    other.reference.learn(TODAY, {"A": Reference(PreviousDay(close=10), KNOWN.profile)})
    assert scores(redis)["gappers"]["A"] == 20
    worker.process([bar("A", "09:30:01", close=15)])

    # Then the row is made with the new data
    assert scores(redis)["gappers"]["A"] == 50
    assert row(redis, "A")["prev_day_close"] == 10


def test_a_days_first_bar_brings_what_is_known_of_all_symbols(system: System, redis: Redis) -> None:
    # Given a market of which something is known, and a worker that has applied a bar
    symbols = [f"A{n}" for n in range(1_200)]
    system.reference.learn(TODAY, dict.fromkeys(symbols, KNOWN))
    system.process([bar("A0", "09:30:00", close=12)])
    redis.config_resetstat()

    # When all others trade
    system.process([bar(symbol, "09:30:01", close=12) for symbol in symbols])

    # Then their rows are made with it, and Redis was not asked again
    assert row(redis, "A1199")["pct_change"] == 50
    assert "cmdstat_mget" not in redis.info("commandstats")


def test_bars_of_days_gone_by_cost_only_their_own_symbols(system: System, redis: Redis) -> None:
    # Given a market of which something is known, and a worker that has applied a bar of today
    system.reference.learn(TODAY, {f"A{n}": KNOWN for n in range(1_200)})
    system.process([bar("A0", "09:30:00", close=12)])
    redis.config_resetstat()

    # When bars of many other days come, all at once and one by one
    late = [bar("A1", "09:30:00", TODAY - timedelta(n)) for n in range(7, 47)]
    assert system.process(late[:20]).late == 20
    assert [system.process([each]).late for each in late[20:]] == [1] * 20

    # Then the market is not read for any of them, nor anew for the next bar of today
    system.process([bar("A2", "09:30:01", close=12)])
    assert "cmdstat_hkeys" not in redis.info("commandstats")
    assert row(redis, "A2")["pct_change"] == 50


def test_threads_share_what_a_process_knows(redis: Redis) -> None:
    # Given a worker one of whose threads forgets again and again what is known
    symbols = [f"A{n}" for n in range(300)]
    reference = ReferenceStore(Shards([redis]), has_source=lambda: False)
    done = Event()

    def forget() -> None:
        while not done.is_set():
            reference.invalidate(symbols)

    forgetful = Thread(target=forget)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    forgetful.start()
    try:
        # When another one reads, of one day and of others
        for n in range(60):
            known = reference.read(TODAY - timedelta(n % 3), symbols)

            # Then it is told of all of them
            assert {*known} == {*symbols}
    finally:
        done.set()
        forgetful.join()
        sys.setswitchinterval(before)


def test_a_copy_lives_no_longer_than_what_it_is_a_copy_of(system: System, redis: Redis) -> None:
    # Given a worker with a copy of data that expires
    system.reference.learn(TODAY, {"A": KNOWN})
    redis.expire(keys.previous_day("A", TODAY), 1)
    system.process([bar("A", "09:30:00", close=12)])
    assert row(redis, "A")["change"] == 4

    # When it has expired
    eventually(lambda: not redis.exists(keys.previous_day("A", TODAY)))
    numbers = count(1)

    def change() -> float:
        n = next(numbers)
        system.process([bar("A", f"09:{30 + n // 60}:{n % 60:02}", close=12)])
        return row(redis, "A")["change"]

    # Then the worker does not go on with it
    eventually(lambda: change() == 0)


def test_todays_previous_day_says_nothing_about_yesterdays_rows(system: System, redis: Redis) -> None:
    # Given the evening's boards
    system.reference.learn(TODAY, {"A": KNOWN})
    system.process([bar("A", "16:00:00", close=12)])

    # When the next day's figures are warmed before it starts
    system.reference.learn(TOMORROW, {"A": Reference(PreviousDay(close=12), Profile(400.0, 5e6))})

    # Then the boards still show the day that they are of, and the next day's rows are made with the new
    assert row(redis, "A")["prev_day_close"] == 8
    assert row(redis, "A")["avg_volume"] == 400
    system.process([bar("A", "04:00:00", TOMORROW, close=18)])
    assert scores(redis)["gappers"]["A"] == 50


def test_yesterdays_figures_do_not_serve_today(system: System, redis: Redis) -> None:
    # Given a symbol whose figures are known for today only
    system.reference.learn(TODAY, {"A": KNOWN})

    # When it trades on the next day
    system.process([bar("A", "04:00:00", TOMORROW, close=18)])

    # Then nobody claims that it has gapped
    assert row(redis, "A")["change"] == 0
    assert row(redis, "A")["avg_volume"] == 200


def test_a_symbol_is_asked_for_once(systems: list[System], source: Recorded, redis: Redis) -> None:
    # Given two workers that meet the same two symbols
    fetches = [each.process([bar("A", "09:30:00", close=12), bar("NEW", "09:30:00")]).fetch for each in systems]

    # Then one of them starts the fetching
    assert fetches == [True, False]

    # When it is done
    assert systems[1].reference.fetch_requested().symbols == 2

    # Then both were asked for in one call, rows are made anew, and "no such data" is remembered
    assert source.asked == [["A", "NEW"]]
    assert scores(redis)["gappers"] == {"A": 50, "NEW": 0}
    assert not systems[1].process([bar("A", "09:30:01"), bar("NEW", "09:30:01")]).fetch
    assert redis.get(keys.previous_day("NEW", TODAY)) == b"null"
    assert 0 < redis.ttl(keys.previous_day("NEW", TODAY)) <= 6 * 3600
    assert 6 * 3600 < redis.ttl(keys.previous_day("A", TODAY)) <= 8 * 3600
    assert 8 * 3600 < redis.ttl(keys.profile("A")) <= 12 * 3600


def test_a_source_that_fails_is_asked_again(systems: list[System], source: Recorded, redis: Redis) -> None:
    # Given a source that does not answer
    source.fails = True
    systems[0].process([bar("A", "09:30:00", close=12)])
    with pytest.raises(SourceError):
        systems[0].reference.fetch_requested()

    # When it does
    source.fails = False
    assert systems[0].reference.fetch_requested().symbols == 1

    # Then nothing was forgotten
    assert scores(redis)["gappers"]["A"] == 50


def test_an_answer_is_asked_for_again_before_it_runs_out(
    systems: list[System], source: Recorded, redis: Redis
) -> None:
    # Given an answer with a quarter of an hour to live
    systems[0].reference.learn(TODAY, {"A": KNOWN})
    redis.expire(keys.previous_day("A", TODAY), 900)

    # When the symbol trades
    assert systems[0].process([bar("A", "09:30:00", close=12)]).fetch
    systems[0].reference.fetch_requested()

    # Then it is asked for, and at no moment was it unknown
    assert source.asked == [["A"]]
    assert scores(redis)["gappers"]["A"] == 50
    assert redis.ttl(keys.previous_day("A", TODAY)) > 6 * 3600
    assert not systems[1].process([bar("A", "09:30:01", close=12)]).fetch


def test_nobody_asks_for_the_sake_of_a_late_event(systems: list[System], redis: Redis) -> None:
    systems[0].reference.learn(TODAY, {"A": KNOWN})
    systems[0].process([bar("A", "09:30:00")])

    assert not systems[0].process([bar("OLD", "09:30:00", date(2020, 1, 2))]).fetch
    assert not redis.exists(keys.REFERENCE_WANTED)


def test_without_a_source_nobody_is_asked(system: System, redis: Redis) -> None:
    assert not system.process([bar("A", "09:30:00")]).fetch
    assert not redis.exists(keys.REFERENCE_WANTED)


def test_a_worker_without_a_source_asks_those_that_have_one(
    systems: list[System],
    system: System,
    source: Recorded,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a worker without a source, which has met a symbol before there was anybody to ask
    monkeypatch.setattr("leaderboard.reference.requests.SOURCE_CHECK", 0)
    assert not system.process([bar("A", "09:30:00", close=11)]).fetch

    # When a process with a source has come to fetch, and the worker meets the symbol again
    assert systems[0].reference.fetch_requested().symbols == 0
    assert system.process([bar("A", "09:30:01", close=12)]).fetch
    assert systems[0].reference.fetch_requested().symbols == 1

    # Then the one with the source was asked for it
    assert source.asked == [["A"]]
    assert scores(redis)["gappers"]["A"] == 50


def test_the_market_is_warmed_once(systems: list[System], source: Recorded, redis: Redis) -> None:
    # Given boards of a day, and two beats that ask for warming
    systems[0].process([bar("B", "09:30:00")])
    assert systems[0].reference.needs_warmup()
    changed = [systems[0].reference.warm().symbols, systems[1].reference.warm().symbols]

    # Then one call was made for the whole market
    assert changed == [1, 0]
    assert source.bulk_calls == 1
    assert not systems[1].reference.needs_warmup()
    systems[1].process([bar("A", "09:30:00", close=12)])
    assert scores(redis)["gappers"]["A"] == 50


def test_nobody_is_asked_for_symbols_while_the_market_is_warmed(
    systems: list[System], source: Recorded, redis: Redis
) -> None:
    # Given a symbol that is wanted, while another task warms the market
    systems[0].process([bar("A", "09:30:00", close=12)])
    with Warmups(redis).lease(TODAY):
        # Then it waits for that task's answer
        assert systems[1].reference.fetch_requested().symbols == 0
        systems[0].reference.learn(TODAY, {"A": KNOWN})

    # And is settled without another call
    assert systems[1].reference.fetch_requested().symbols == 1
    assert source.asked == []
    assert not redis.exists(keys.REFERENCE_WANTED)


def test_a_warming_that_was_cut_off_is_done_again(systems: list[System], source: Recorded, redis: Redis) -> None:
    # Given a task that died while it warmed
    systems[0].process([bar("A", "09:30:00", close=12)])
    redis.set(keys.reference_warming(TODAY), "token of the dead", ex=60)

    # Then its redelivery is told to come back later
    with pytest.raises(SourceError, match="by another task"):
        systems[1].reference.warm()

    # And succeeds when the lock has run out
    redis.delete(keys.reference_warming(TODAY))
    assert systems[1].reference.warm().symbols == 1
    assert scores(redis)["gappers"]["A"] == 50


def test_who_dies_between_learning_and_refreshing_leaves_no_old_row(
    systems: list[System], source: Recorded, redis: Redis
) -> None:
    # Given a task that has stored an answer and died before it made the row anew
    systems[0].process([bar("A", "09:30:00", close=12)])
    systems[0].reference._reference.learn(TODAY, {"A": KNOWN})
    assert scores(redis)["gappers"]["A"] == 0

    # When its message is delivered again
    systems[1].reference.fetch_requested()

    # Then the row is made with the answer, and the source was not asked twice
    assert scores(redis)["gappers"]["A"] == 50
    assert source.asked == []


def test_bars_do_not_wait_where_nobody_can_be_asked(systems: list[System], redis: Redis) -> None:
    # Given a key of another type where symbols are wanted
    redis.set(keys.REFERENCE_WANTED, "junk")

    # When a symbol without reference data trades
    batch = systems[0].process([bar("A", "09:30:00", close=12)])

    # Then its bar counts
    assert (batch.applied, batch.fetch) == (1, False)
    assert scores(redis)["volume"].keys() == {"A"}


def test_a_process_asks_once_and_not_with_every_bar(systems: list[System], redis: Redis) -> None:
    # Given a symbol whose answer does not come, and calls that are free to be made again
    fetches = []
    for second in range(10):
        redis.delete(keys.REFERENCE_CALLED)
        fetches.append(systems[0].process([bar("A", f"09:30:{second:02}")]).fetch)

    # Then its first bar alone asked
    assert fetches == [True] + [False] * 9


@pytest.mark.parametrize(
    ("partial", "expected"),
    [
        (Profile(avg_volume=400.0), Profile(400.0, 5e6)),
        (Profile(free_float=0.1 + 0.2), Profile(200.0, 0.1 + 0.2)),
        (Profile(), Profile(200.0, 5e6)),
    ],
)
def test_an_answer_that_lacks_a_figure_does_not_take_it_away(
    system: System, redis: Redis, partial: Profile, expected: Profile
) -> None:
    # Given a symbol of which all is known
    system.reference.learn(TODAY, {"A": KNOWN})

    # When a later answer lacks a figure of its profile, and all of its previous day
    system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=0.1), partial)})

    # Then what it says is new, and the rest is still known, as the same doubles
    system.process([bar("A", "09:30:00", close=12, av=400)])
    stored = row(redis, "A")
    assert Profile(stored["avg_volume"], stored["free_float"]) == expected
    assert (stored["prev_day_close"], stored["prev_day_open"], stored["prev_day_vwap"]) == (0.1, 8, 8.1)

    # And being told the same again changes nothing
    assert system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=0.1), partial)}) == 0


def test_a_figure_that_the_source_no_longer_gives_expires(system: System, redis: Redis) -> None:
    # Given a symbol of which all is known, its profile for one second more
    system.reference.learn(TODAY, {"A": KNOWN})
    redis.expire(keys.profile("A"), 1)

    # When the source answers again, without the float
    assert system.reference.learn(TODAY, {"A": Reference(KNOWN.previous, Profile(avg_volume=200.0))}) == 0
    system.process([bar("A", "09:30:00", close=12)])
    assert row(redis, "A")["free_float"] == 5e6

    # Then the float lives as long as it would have, and the rest as long as it was told
    seconds = count(1)

    def free_float() -> float:
        system.process([bar("A", f"09:31:{next(seconds) % 60:02}", close=12)])
        return row(redis, "A")["free_float"]

    eventually(lambda: free_float() == 0, 10, "the float has expired")
    assert row(redis, "A")["avg_volume"] == 200
    assert 8 * 3600 < redis.ttl(keys.profile("A")) <= 12 * 3600

    # And to lose it is a change, once
    told = {"A": Reference(KNOWN.previous, Profile(avg_volume=200.0))}
    assert [system.reference.learn(TODAY, told), system.reference.learn(TODAY, told)] == [1, 0]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda redis, key: redis.set(key, "{"),
        lambda redis, key: redis.set(key, '{"close":"ten"}'),
        lambda redis, key: redis.set(key, "[1]"),
        lambda redis, key: redis.delete(key) and redis.lpush(key, 1),
    ],
    ids=["no JSON", "no number", "no object", "another type"],
)
@pytest.mark.parametrize(
    "name", [keys.previous_day("A", TODAY), keys.profile("A")], ids=["previous day", "profile"]
)
def test_a_key_that_holds_no_figures_is_unknown_and_asked_for(
    systems: list[System], source: Recorded, redis: Redis, name: str, spoil: Callable[[Redis, str], object]
) -> None:
    # Given a symbol of which a key holds something else
    systems[0].reference.learn(TODAY, {"A": KNOWN, "B": KNOWN})
    spoil(redis, name)
    systems[0].reference._reference.invalidate("A")

    # When it trades
    batch = systems[0].process([bar("A", "09:30:00", close=12), bar("B", "09:30:00", close=12)])

    # Then its bars count, and the source's answer takes the place of what the key held
    assert (batch.applied, batch.fetch) == (2, True)
    systems[0].reference.fetch_requested()
    assert source.asked == [["A"]]
    assert scores(redis)["gappers"] == {"A": 50, "B": 50}
    assert row(redis, "A")["avg_volume"] == 200


@pytest.mark.parametrize("key", [keys.REFERENCE_VERSIONS, keys.REFERENCE_EXPIRIES])
def test_figures_are_not_stored_without_their_version(system: System, redis: Redis, key: str) -> None:
    # Given a key of another type where versions are kept
    system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=4.5), Profile())})
    redis.delete(key)
    redis.set(key, "junk")

    # Then an answer is refused whole, by the name of the key
    with pytest.raises(ResponseError, match=f"WRONGKEY {key} is of type string"):
        system.reference.learn(TODAY, {"A": KNOWN})
    assert redis.get(keys.previous_day("A", TODAY)) == b'{"close":4.5}'


def test_versions_end_with_their_figures(system: System, redis: Redis) -> None:
    # Given a symbol whose figures have expired, one whose figures live, and one of which nobody knows anything
    system.reference.learn(TODAY, {"OLD": KNOWN, "A": KNOWN, "NOBODYS": None})
    assert set(redis.hkeys(keys.REFERENCE_VERSIONS)) == {b"OLD", b"A"}
    redis.delete(keys.previous_day("OLD", TODAY), keys.profile("OLD"))
    redis.zadd(keys.REFERENCE_EXPIRIES, {"OLD": 1})

    # When anything is learned
    system.reference.learn(TODAY, {"B": KNOWN})

    # Then the first has no version any more
    assert set(redis.hkeys(keys.REFERENCE_VERSIONS)) == {b"A", b"B"}
    assert set(redis.zrange(keys.REFERENCE_EXPIRIES, 0, -1)) == {b"A", b"B"}


def test_versions_of_a_release_that_did_not_note_their_end_get_one(system: System, redis: Redis) -> None:
    redis.hset(keys.REFERENCE_VERSIONS, mapping={f"S{n}": "v" for n in range(3)})

    system.reference.learn(TODAY, {"A": KNOWN})

    ends: Any = redis.zrange(keys.REFERENCE_EXPIRIES, 0, -1, withscores=True)
    assert {symbol for symbol, _ in ends} == {b"A", b"S0", b"S1", b"S2"}
    assert all(end > redis.time()[0] for _, end in ends)


def test_a_symbol_more_than_a_process_remembers_costs_one_symbols_read(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given more symbols than a process remembers, and one that has read about the day
    monkeypatch.setattr("leaderboard.reference.store.CACHE_SIZE", 1_000)
    redis.hset(keys.REFERENCE_VERSIONS, mapping={f"S{n}": "v" for n in range(1_500)})
    reference = ReferenceStore(Shards([redis]), has_source=lambda: False)
    reference.read(TODAY, ["S0"])
    redis.config_resetstat()

    # When symbols come of which it has not heard
    for n in range(20):
        assert reference.read(TODAY, [f"NEW{n}"])[f"NEW{n}"].version == ""

    # Then it reads about them alone, and remembers as many as it may
    commands = redis.info("commandstats")
    assert "cmdstat_hkeys" not in commands
    assert commands["cmdstat_ttl"]["calls"] == 3 * 20
    assert len(reference._cache) == 1_000


def test_a_process_without_a_source_leaves_what_is_wanted_to_others(
    systems: list[System], system: System, redis: Redis
) -> None:
    # Given two symbols that are wanted
    systems[0].process([bar("A", "09:30:00", close=12), bar("B", "09:30:00")])

    # When a process without a source comes to fetch them
    filled = system.reference.fetch_requested()

    # Then they are still wanted, and it says why it did nothing
    assert filled == Fetched(0, "symbols wait for it, and this process has no source to ask")
    assert redis.scard(keys.REFERENCE_WANTED) == 2
    assert systems[1].reference.fetch_requested() == Fetched(2)
    assert system.reference.fetch_requested() == Fetched()


def test_a_symbol_that_the_source_has_learned_of_is_known_at_the_next_warming_by_hand(
    systems: list[System], source: Recorded, redis: Redis
) -> None:
    # Given a market that was just warmed, and two symbols that the source does not know, one of them not in bulk
    systems[0].process([bar("NEW", "09:30:00", close=12), bar("OTC", "09:30:00", close=12)])
    systems[0].reference.warm()
    systems[0].reference.fetch_requested()
    assert redis.get(keys.previous_day("NEW", TODAY)) == b"null"

    # When it does
    source.known = {**source.known, "NEW": KNOWN}
    source.singly = {"OTC": KNOWN}

    # Then a warming within ten minutes says that it does nothing, and one by hand reads all of it
    skipped = systems[1].reference.warm().skipped
    assert re.fullmatch(r"the market was asked for \d+ s ago, and is within 600 s once", skipped)
    assert systems[1].reference.warm(again=True) == Fetched(2)
    assert scores(redis)["gappers"] == {"NEW": 50, "OTC": 50}

    # And workers that had found them unknown know them as well
    systems[0].process([bar("NEW", "09:30:01", close=16), bar("OTC", "09:30:01", close=16)])
    assert scores(redis)["gappers"] == {"NEW": 100, "OTC": 100}


def test_a_warming_says_that_there_is_nobody_to_ask(system: System) -> None:
    assert system.reference.warm(again=True) == Fetched(0, "this process has no source to ask")


def test_not_knowing_never_takes_the_place_of_knowing(system: System, redis: Redis) -> None:
    system.reference.learn(TODAY, {"A": KNOWN})

    assert system.reference.learn(TODAY, {"A": None}) == 0

    system.process([bar("A", "09:30:00", close=12)])
    assert scores(redis)["gappers"]["A"] == 50


def test_a_file_of_reference_data(tmp_path: Path) -> None:
    # Given a file with a missing column, an empty cell and columns of its own
    path = tmp_path / "reference.csv"
    path.write_text("symbol,prev_day_close,avg_volume,sector\nA,8.5,,tech\nB,,1000,\n")

    # Then what is missing or empty is unknown
    known = CsvSource(path).fetch({"A", "B", "C"}, TODAY)
    assert known == {
        "A": Reference(PreviousDay(close=8.5), Profile()),
        "B": Reference(PreviousDay(), Profile(avg_volume=1000)),
    }
    assert list(CsvSource(path).fetch_all(TODAY)) == [known]


@pytest.mark.parametrize("content", ["ticker,prev_day_close\nA,1\n", ""])
def test_a_file_without_symbols_is_an_error_of_the_source(tmp_path: Path, content: str) -> None:
    path = tmp_path / "reference.csv"
    path.write_text(content)

    with pytest.raises(SourceError, match="names no column 'symbol'"):
        CsvSource(path).fetch({"A"}, TODAY)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("B,none", "line 3: prev_day_close is no number of 0 or more: 'none'"),
        ("B,-1", "line 3: prev_day_close is no number of 0 or more: '-1'"),
        ("B,inf", "line 3: prev_day_close is no number of 0 or more: 'inf'"),
        ("A B*,2", "line 3: no event can have the symbol 'A B*'"),
        (",2", "line 3: no event can have the symbol ''"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, line: str, complaint: str
) -> None:
    # Given a file with a wrong line among good ones, and spaces in its header
    path = tmp_path / "reference.csv"
    path.write_text(f"symbol, prev_day_close\nA,1\n{line}\nC,3\n")

    # When it is read
    known = CsvSource(path).fetch({"A", "C"}, TODAY)

    # Then the good lines are known and the wrong one is named
    assert [known[symbol].previous.close for symbol in ("A", "C")] == [1, 3]
    assert complaint in caplog.text


def test_no_symbol_but_an_events_reaches_a_key(system: System, redis: Redis) -> None:
    system.reference.learn(TODAY, {"A B:*{x}\n": KNOWN, "A": KNOWN})

    assert not [key for key in redis.scan_iter() if b"A B" in key]
    assert redis.hkeys(keys.REFERENCE_VERSIONS) == [b"A"]


def test_a_file_that_is_gone_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        CsvSource(tmp_path / "gone.csv").fetch({"A"}, TODAY)


def test_a_volume_profile_alone_says_nothing_of_other_figures(systems: list[System], redis: Redis) -> None:
    # Given a volume profile of a symbol of which no source was asked
    systems[0].reference.learn(TODAY, {"A": Reference(volume_profile=USUAL)})
    assert not redis.exists(keys.previous_day("A", TODAY), keys.profile("A"))

    # When it trades
    assert systems[1].process([bar("A", "09:30:00", close=12)]).fetch
    systems[1].reference.fetch_requested()

    # Then a source is asked for the rest, and the next volume profile takes nothing of it away
    assert scores(redis)["gappers"]["A"] == 50
    systems[0].reference.learn(TODAY, {"A": Reference(volume_profile=OTHERWISE)})
    assert RedisReference(redis).load(TODAY, ["A"])[0].reference == Reference(
        KNOWN.previous, KNOWN.profile, OTHERWISE
    )


def test_a_volume_profile_makes_the_row_anew_without_another_event(systems: list[System], redis: Redis) -> None:
    # Given a row made with one volume profile, and somebody who watches its quote
    worker, other = systems
    worker.reference.learn(TODAY, {"A": Reference(KNOWN.previous, KNOWN.profile, USUAL)})
    worker.process([bar("A", "09:30:00", close=12)])
    listener = listening(redis, keys.quote("A"))

    # When another one of as many sessions arrives, and then nothing new
    other.reference.learn(TODAY, {"A": Reference(volume_profile=OTHERWISE)})
    other.reference.learn(TODAY, {"A": Reference(volume_profile=OTHERWISE)})

    # Then the row was made anew with it, once
    assert listener.get_message(timeout=5) is not None
    assert listener.get_message(timeout=0.05) is None
    listener.close()
