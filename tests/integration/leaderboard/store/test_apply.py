"""What applying events takes for granted so as to be cheap, and what happens where it is not so."""

import random
import struct
import threading
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from redis import Redis
from redis.client import PubSub
from redis.exceptions import ResponseError

from config.settings import Settings
from leaderboard import keys
from leaderboard.fields import NAMES
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.store.store import ROW_TTL
from leaderboard.system import System
from tests.support.boards import assert_as_expected, opens, row, scores
from tests.support.market import TODAY, at, bar
from tests.support.oracle import expected
from tests.support.random_bars import columns, market
from tests.support.subscriptions import heard, listening
from tests.support.waiting import eventually

KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))
OTHER = Reference(PreviousDay(9, 9.5, 8.5, 10, 2000, 9.1), Profile(400.0, 6e6))


@pytest.fixture
def systems(replay_settings: Settings) -> list[System]:
    """Two processes."""
    return [System.from_settings(replay_settings) for _ in range(2)]


@pytest.fixture
def listener(redis: Redis) -> PubSub:
    """Hears the quotes of A."""
    return listening(redis, keys.quote("A"))


def test_every_process_writes_the_sessions_open_whichever_bars_it_has_met(
    systems: list[System], redis: Redis, listener: PubSub
) -> None:
    # Given a process that has met a symbol's second bar only, and another that has met the first
    worker, other = systems
    bars = [bar("A", "09:30:05", o=12, close=12), bar("A", "09:30:01", o=8, close=9)]
    worker.process(bars[:1])
    other.process(bars[1:])

    # When the first process goes on
    bars += [bar("A", f"09:30:{second}", o=13, close=10 + second / 8) for second in (10, 11)]
    for each in bars[2:]:
        worker.process([each])

    # Then every quote since was made with the session's open, as is all that Redis holds
    assert_as_expected(redis, expected(bars))
    assert [quote["open"] for _, quote in heard(listener)] == [12, 8, 8, 8]


def test_a_process_that_was_mistaken_about_an_open_learns_the_right_one(systems: list[System]) -> None:
    # Given a process that has met a symbol's second bar only, and another that has met the first
    worker, other = systems
    worker.process([bar("A", "09:30:05", o=12)])
    other.process([bar("A", "09:30:01", o=8)])
    session = worker.session()
    assert session
    assert worker._stores.first._opens.of(session.number) == {"A": 12}

    # When the first process applies another bar
    worker.process([bar("A", "09:30:10")])

    # Then it knows the open price that the other process has met
    assert worker._stores.first._opens.of(session.number) == {"A": 8}


def test_quotes_have_their_fields_in_order_whoever_makes_them(systems: list[System], redis: Redis) -> None:
    # Given a quote made by a process, and one that the script made anew with an earlier open
    systems[0].process([bar("A", "09:30:05"), bar("B", "09:30:05", o=12)])
    systems[1].process([bar("B", "09:30:01", o=8)])

    # Then both have all fields in their order
    for symbol in ("A", "B"):
        quote = redis.get(keys.quote(symbol))
        assert quote is not None
        assert tuple(msgspec.json.decode(quote)) == NAMES


@pytest.mark.parametrize("known", [0, 1, 2])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_every_bar_of_a_batch_is_published_and_the_newest_stands(
    system: System, redis: Redis, listener: PubSub, length: int, known: int
) -> None:
    # Given bars of one symbol: the third is older than the second, the fourth the earliest
    bars = [
        bar("A", "09:30:02", o=10, close=10),
        bar("A", "09:30:04", o=11, close=11),
        bar("A", "09:30:03", o=12, close=10.5),
        bar("A", "09:30:01", o=8, close=9),
        bar("A", "09:30:05", o=13, close=13),
    ][:length]

    # When they are applied, the first of them by themselves, the others in one batch
    system.process(bars[:known])
    system.process(bars[known:])

    # Then each that changed the row was published as the row was then
    published = [(quote["open"], quote["close"]) for _, quote in heard(listener)]
    assert published == [(10, 10), (10, 11), (8, 11), (8, 13)][: length - (length > 2)]
    assert_as_expected(redis, expected(bars))


def test_a_batch_that_crosses_the_open_with_one_symbol(system: System, redis: Redis) -> None:
    # Given a batch with bars of a symbol on both sides of 09:30, in no order
    bars = [
        bar("A", "09:30:00", o=10, close=11),
        bar("A", "09:29:58", o=7, close=9),
        bar("A", "09:29:59", o=8, close=9),
        bar("A", "09:30:01", o=12, close=12),
        bar("A", "09:29:57", o=6, close=9),
    ]

    # When it is applied, whole and once more
    system.process(bars)
    assert_as_expected(redis, expected(bars))
    system.process(bars)

    # Then each session has its own open
    assert opens(redis) == {"pre": {"A": 6}, "regular": {"A": 10}}
    assert_as_expected(redis, expected(bars))


def test_the_open_of_a_row_changes_with_its_session(system: System, redis: Redis) -> None:
    # Given bars of which none changes what reference data decides, on both sides of 09:30
    bars = [bar("A", "09:29:58", o=7), bar("A", "09:30:00", o=8), bar("A", "09:29:59", e=at("09:30:30"), o=9)]

    # When they come one by one
    for count, each in enumerate(bars, start=1):
        system.process([each])

        # Then the row has the open of its own bar's session
        assert_as_expected(redis, expected(bars[:count]))


@pytest.mark.parametrize("gone", [keys.row("A"), keys.quote("A")])
def test_a_row_or_quote_that_is_gone_comes_back_whole(system: System, redis: Redis, gone: str) -> None:
    # Given a symbol whose row, or quote, somebody has removed
    bars = [bar("A", "09:30:00", close=12), bar("A", "09:30:01", close=13)]
    system.reference.learn(TODAY, {"A": KNOWN})
    system.process(bars[:1])
    redis.delete(gone)

    # When its next bar comes
    system.process(bars[1:])

    # Then nothing is missing of either, and both will expire
    assert_as_expected(redis, expected(bars, {"A": columns(KNOWN)}))
    assert ROW_TTL - 10 < redis.ttl(keys.row("A")) <= ROW_TTL
    assert ROW_TTL - 10 < redis.ttl(keys.quote("A")) <= ROW_TTL


def test_a_rows_life_is_renewed_with_the_first_bar_of_a_minute(system: System, redis: Redis) -> None:
    # Given a row last renewed a minute ago
    system.process([bar("A", "09:30:01", close=12)])
    redis.expire(keys.row("A"), ROW_TTL // 2)
    record: Any = redis.hget(keys.RECORDS, "A")
    (minute,) = struct.unpack_from("<d", record, 32)
    redis.hset(keys.RECORDS, "A", record[:32] + struct.pack("<d", minute - 1) + record[40:])

    # When a bar that changes nothing comes, then one that does
    system.process([bar("A", "09:30:01", close=12)])
    unchanged = redis.ttl(keys.row("A"))
    system.process([bar("A", "09:30:02", close=13)])

    # Then the second has renewed it
    assert unchanged <= ROW_TTL // 2
    assert redis.ttl(keys.row("A")) > ROW_TTL - 10


def test_a_batch_that_fails_half_way_leaves_nothing_that_is_taken_for_done(limited: System, redis: Redis) -> None:
    # Given bars, two of a symbol, of which the script can write the rows and no more
    bars = [bar("A", "09:30:02", close=12), bar("A", "09:30:01", o=9), bar("B", "09:30:00", close=13)]
    with pytest.raises(ResponseError):
        limited.process(bars)
    assert row(redis, "A")["close"] == 12
    assert redis.get(keys.REVISION) == b"1"

    # When it can write all, and the bars come again
    redis.execute_command("ACL SETUSER", "limited", "+zadd")
    assert limited.process(bars).applied == 3

    # Then nothing is missing, and the boards count as changed
    assert_as_expected(redis, expected(bars))
    assert redis.get(keys.REVISION) == b"2"


def test_a_row_that_was_half_written_is_made_anew_with_what_is_known_then(
    limited: System, system: System, redis: Redis
) -> None:
    # Given a row made with some reference data
    bars = [bar("A", "09:30:00", close=12)]
    system.reference.learn(TODAY, {"A": KNOWN})
    system.process(bars)

    # When a batch fails that would have made the row with newer data, which are then taken back
    system.reference._reference.learn(TODAY, {"A": OTHER})
    bars += [bar(symbol, "09:30:01", close=13) for symbol in ("A", "B")]
    with pytest.raises(ResponseError):
        limited.process(bars[1:])
    assert row(redis, "A")["prev_day_close"] == 10
    system.reference._reference.learn(TODAY, {"A": KNOWN})
    system.process(bars[1:])

    # Then the row is made with what is known again
    assert_as_expected(redis, expected(bars, {"A": columns(KNOWN)}))


@pytest.mark.parametrize("first", [11, 12], ids=["it wins", "it loses"])
def test_a_half_written_bar_that_ties_with_the_standing_one_is_applied(
    limited: System, system: System, redis: Redis, first: int
) -> None:
    # Given a bar, and one that differs from it in its close alone
    bars = [bar("A", "09:30:01", o=10, h=12, l=11, close=close) for close in (first, 23 - first)]
    system.process(bars[:1])

    # When the second fails half-way and is redelivered
    with suppress(ResponseError):
        limited.process(bars[1:])
    redis.execute_command("ACL SETUSER", "limited", "+zadd")
    limited.process(bars[1:])

    # Then the boards show the one that wins, and the next time it changes nothing
    assert_as_expected(redis, expected(bars))
    assert system.process(bars).stale == 2


def test_a_batch_that_fails_keeps_none_from_being_begun_ahead(system: System, redis: Redis) -> None:
    # Given a batch of several script calls, which fail
    redis.rpush(keys.REVISION, "somebody else's")
    bars = [bar(f"S{n}", "09:30:01", close=13) for n in range(1_300)]
    with pytest.raises(ResponseError, match="WRONGKEY leaderboard:revision is of type list, not string"):
        system.process(bars)
    redis.delete(keys.REVISION)

    # When it is begun again, then Redis applies it before anybody waits for that
    pending = system.begin(bars)
    eventually(lambda: redis.exists(keys.row("S3")))
    pending.result()
    assert_as_expected(redis, expected(bars))


def test_a_row_is_anew_where_figures_expired_without_a_new_version(systems: list[System], redis: Redis) -> None:
    # Given a row made with known figures, which have run out since
    systems[0].reference.learn(TODAY, {"A": KNOWN})
    systems[0].process([bar("A", "09:30:00", close=12)])
    redis.delete(keys.previous_day("A", TODAY), keys.profile("A"))

    # When a process that has no copy of them applies the next bar
    systems[1].process([bar("A", "09:30:01", close=13)])

    # Then the row says nothing of the day before
    assert row(redis, "A")["prev_day_open"] == row(redis, "A")["free_float"] == 0
    assert scores(redis)["gappers"]["A"] == 0


def test_processes_at_work_at_once_make_the_boards_of_the_set(replay_settings: Settings, redis: Redis) -> None:
    # Given a market's bars, many twice, shared out among four processes, and reference data that arrives meanwhile
    rng = random.Random(7)
    events = market(rng, symbols=60, events=3000)
    symbols = sorted({event["sym"] for event in events})
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            mine = random.Random(seed)
            system = System.from_settings(replay_settings)
            share = mine.sample(events, len(events) // 2) + events[seed::4]
            mine.shuffle(share)
            for start in range(0, len(share), 40):
                system.process(share[start : start + 40])
        except BaseException as error:
            failures.append(error)

    # When they work at once
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    teller = System.from_settings(replay_settings)
    for figures in (KNOWN, OTHER, KNOWN, OTHER):
        teller.reference.learn(TODAY, dict.fromkeys(symbols, figures))
    for each in threads:
        each.join()

    # Then the boards are those of the set of bars and the last of the data
    assert failures == []
    assert_as_expected(redis, expected(events, {symbol: columns(OTHER) for symbol in symbols}))
