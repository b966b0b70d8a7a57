"""The session clock put right: after a corrupt bar, a wrong clock, or somebody's hand on its key."""

import random
from datetime import date
from typing import Any, cast

import pytest
from redis import Redis
from typer.testing import CliRunner

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.sessions import Phase, Session
from leaderboard.store.session_clock import Move, SessionClockError
from leaderboard.store.session_roll import CLEARS_AT_OPEN, SESSION_KEYS
from leaderboard.system import System
from tasks.__main__ import program
from tests.support.boards import NOTHING_RANKED, assert_as_expected, on_boards, opens, rows, scores
from tests.support.market import TODAY, bar
from tests.support.moved_clock import MONDAY
from tests.support.oracle import expected
from tests.support.random_bars import columns

YESTERDAY = TODAY.replace(day=19)
PRE, REGULAR = Session(TODAY, Phase.PRE), Session(TODAY, Phase.REGULAR)
KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))


def move(system: System, to: Session) -> Move:
    return system.session_clocks.first.move(to, system.session_clocks.first.read())


def morning() -> list[dict[str, Any]]:
    """Bars of both sessions of three symbols; one trades before the open only."""
    return [
        bar("A", "09:29:00", close=9, o=7),
        bar("PRE", "09:29:30", close=12, o=10),
        bar("A", "09:30:00", close=11, o=10),
        bar("A", "09:30:05", close=12, o=11),
        bar("B", "09:30:02", close=5, o=4),
    ]


def test_after_a_bar_of_2099_the_boards_are_those_of_the_day_again(system: System, redis: Redis) -> None:
    # Given boards that a corrupt bar has rolled to 2099, and a bar since then, which was late
    bars = morning()
    system.reference.learn(TODAY, {"A": KNOWN})
    system.process(bars)
    system.process([bar("X", "10:00:00", date(2099, 6, 1))])
    missed = bar("B", "09:30:04", close=6)
    assert system.process([missed]).late == 1
    assert set(scores(redis)["volume"]) == {"X"}

    # When the clock is put back
    done = move(system, REGULAR)

    # Then boards, rows and the opens of the rows' sessions are those of before
    assert done == Move(kept_opens=False, ranked=3)
    assert system.session() == REGULAR
    before = expected(bars, {"A": columns(KNOWN)})
    assert scores(redis) == before.boards
    assert rows(redis, before.rows) == before.rows
    assert opens(redis) == {"pre": {"PRE": 10}, "regular": {"A": 10, "B": 4}}

    # And bars rank again, and once the day so far has come again nothing is missing
    later = bar("A", "09:31:00", close=15, o=14)
    assert system.process([later]).applied == 1
    assert scores(redis)["gainers"] == {"A": 50, "B": 25}
    system.process([missed, *bars])
    assert_as_expected(redis, expected([*bars, missed, later], {"A": columns(KNOWN)}))


def test_the_symbol_of_the_corrupt_bar_trades_on(system: System, redis: Redis) -> None:
    # Given a symbol whose own corrupt bar has rolled the boards
    system.process([bar("A", "09:30:00", close=10)])
    system.process([bar("A", "10:00:00", date(2099, 6, 1), close=99)])

    # When the clock is put back, then its row is that of 2099 and on no board, until its next bar
    assert move(system, REGULAR).ranked == 0
    assert scores(redis) == NOTHING_RANKED
    bars = [bar("A", "09:30:01", close=12, o=11)]
    assert system.process(bars).applied == 1
    assert_as_expected(redis, expected(bars))


def test_back_to_the_pre_market_gainers_are_made_anew_with_all_opens(system: System, redis: Redis) -> None:
    # Given a pre-market that was rolled to the regular session too soon, in which bars went on
    bars = [bar("A", "09:28:00", close=10), bar("A", "09:29:00", close=11), bar("B", "09:29:00")]
    system.process(bars)
    system._store.roll(REGULAR)
    bars += [bar("A", "09:29:02", close=12), bar("C", "09:29:03", close=3, o=2), bar("B", "09:28:00", close=8)]
    system.process(bars[3:])
    assert scores(redis)["gainers"] == {}

    # When it is put back
    done = move(system, PRE)

    # Then everything is as if nothing had been
    assert done == Move(kept_opens=True, ranked=3)
    assert_as_expected(redis, expected(bars))


def test_forward_as_a_roll_does(system: System, redis: Redis) -> None:
    # Given boards that are behind
    bars = [bar("A", "09:29:00")]
    system.process(bars)

    # When the clock is put ahead, to the day's next session and to the next day
    assert move(system, REGULAR) == Move(kept_opens=True, ranked=1)
    assert scores(redis)["volume"] == {"A": 52140}
    assert on_boards(redis, "A") == [board.name for board in BOARDS if not board.clears_at_open]
    assert move(system, Session(MONDAY, Phase.PRE)) == Move(kept_opens=False, ranked=0)

    # Then what does not last is gone
    assert scores(redis) == NOTHING_RANKED
    assert rows(redis, ["A"])["A"]["close"] == 10


@pytest.mark.parametrize("junk", ["junk", "", "20261399x", "20261391", "99999999991"])
def test_a_clock_that_holds_junk_is_put_right(system: System, redis: Redis, junk: str) -> None:
    # Given somebody's text where the session clock is
    bars = morning()
    system.process(bars)
    redis.set(keys.SESSION, junk)
    assert system.session_clocks.first.read().is_junk

    # When it is put right, then nothing is missing: the records are of the day
    assert move(system, REGULAR) == Move(kept_opens=True, ranked=3)
    assert_as_expected(redis, expected(bars))


@pytest.mark.parametrize("records", ["kept", "gone"])
def test_a_clock_of_another_type_is_put_right(system: System, redis: Redis, records: str) -> None:
    # Given a list where the session clock is, and perhaps no records
    bars = morning()
    system.process(bars)
    redis.delete(keys.SESSION, *([keys.RECORDS] if records == "gone" else []))
    redis.rpush(keys.SESSION, "x")

    # When it is put right
    move(system, REGULAR)

    # Then the boards are right, and bars go on
    assert scores(redis) == expected(bars).boards
    bars.append(bar("PRE", "09:31:00", close=20, o=16))
    system.process(bars[-1:])
    assert scores(redis) == expected(bars).boards


def test_a_clock_that_is_gone_is_put_right(system: System, redis: Redis) -> None:
    bars = morning()
    system.process(bars)
    redis.delete(keys.SESSION)

    assert not system.session_clocks.first.read().is_junk
    assert move(system, REGULAR).kept_opens
    assert_as_expected(redis, expected(bars))


def test_half_of_it_is_made_whole_by_doing_it_again(system: System, redis: Redis) -> None:
    # Given a command that died after it had put the clock back, and bars that came then
    bars = morning()
    system.process(bars)
    system.process([bar("X", "10:00:00", date(2099, 6, 1))])
    clock = system.session_clocks.first
    seen = clock.read()
    names = [*SESSION_KEYS, keys.REFERENCE_VERSIONS]
    assert clock._move(names, [REGULAR.number, seen.content, 0, CLEARS_AT_OPEN])
    system.process([bar("NEW", "09:31:00", close=9, o=8)])

    # When it is called again
    move(system, REGULAR)

    # Then all symbols are on the boards
    bars.append(bar("NEW", "09:31:00", close=9, o=8))
    assert scores(redis) == expected(bars).boards


def test_nothing_is_done_where_the_clock_has_moved_since(system: System, redis: Redis) -> None:
    # Given what somebody has read, and a roll since
    system.process(morning())
    seen = system.session_clocks.first.read()
    system.process([bar("B", "04:00:00", MONDAY)])
    before = scores(redis)

    # When it is put where it was, then it stays
    with pytest.raises(SessionClockError, match="moved meanwhile"):
        system.session_clocks.first.move(REGULAR, seen)
    assert scores(redis) == before
    assert system.session() == Session(MONDAY, Phase.PRE)


@pytest.mark.parametrize("key", [keys.REVISION, keys.REFERENCE_VERSIONS, keys.CHANGES, keys.board("gappers")])
def test_nothing_is_done_while_another_key_is_wrong(system: System, redis: Redis, key: str) -> None:
    bars = morning()
    system.process(bars)
    redis.set(keys.SESSION, "junk")
    redis.delete(key)
    redis.set(key, "somebody else's")

    with pytest.raises(SessionClockError, match=f"{key} (is of type string|does not hold a number)"):
        move(system, REGULAR)
    assert redis.get(keys.SESSION) == b"junk"
    assert redis.zcard(keys.board("gainers")) == 2


@pytest.mark.parametrize("junk", ["records of another type", "junk in a record"])
def test_records_that_are_wrong_as_well_are_made_anew(system: System, redis: Redis, junk: str) -> None:
    # Given records that nobody can read, beside a clock that holds junk
    bars = morning()
    system.process(bars)
    redis.set(keys.SESSION, "junk")
    if junk == "junk in a record":
        redis.hset(keys.RECORDS, "B", "junk")
    else:
        redis.set(keys.RECORDS, "somebody else's")

    # When the clock is put right, then so are they
    assert move(system, REGULAR) == Move(kept_opens=False, ranked=3)
    assert scores(redis) == expected(bars).boards
    system.process(bars)
    assert_as_expected(redis, expected(bars))


def test_rows_that_are_none_do_not_keep_it_from_being_put_right(system: System, redis: Redis) -> None:
    # Given keys that look like rows, and a row with what is no number
    system.process(morning())
    for key in (b"symbol:\xff:data", b"symbol:a b:data", b"symbol:A:data:data"):
        redis.hset(key, mapping=cast(Any, redis.hgetall(keys.row("A"))))
    redis.set(keys.row("Z"), "somebody else's")
    redis.hset(keys.row("B"), "close", "junk")
    before = scores(redis)

    # When the clock is put elsewhere and back
    move(system, Session(YESTERDAY, Phase.REGULAR))
    move(system, REGULAR)

    # Then the boards are as they were
    assert scores(redis) == before


def test_the_command_asks_first_and_says_what_it_did(system: System, redis: Redis) -> None:
    # Given boards that a corrupt bar has rolled away, where time is what the events say
    bars = morning()
    system.process(bars)
    system.process([bar("X", "10:00:00", date(2099, 6, 1))])
    to = ["session", "--to", "2026-11-20", "regular"]

    # When it is called, then it shows the clock, and does not judge it
    shown = CliRunner().invoke(program, ["session"])
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "boards      2099-06-01 regular",
        "wall clock  does not count: time is what the events say (MARKET_CLOCK=events)",
    ]

    # And asked for a day that is none, or told not to go on, it does nothing
    assert "2026-11-22 is no trading day" in str(
        CliRunner().invoke(program, [*to[:2], "2026-11-22", "pre"]).exception
    )
    assert CliRunner().invoke(program, [*to[:2], "2026-11-2x", "pre"]).exit_code == 2
    refused = CliRunner().invoke(program, to, input="n\n")
    assert (refused.exit_code, "Go on?" in refused.stdout) == (1, True)
    assert system.session() == Session(date(2099, 6, 1), Phase.REGULAR)

    # And told to, it says what it will do and what it did
    done = CliRunner().invoke(program, to, input="y\n")
    assert done.exit_code == 0
    assert "The boards will be those of 2026-11-20 regular, made of the rows" in done.stdout
    assert (
        "The boards went from 2099-06-01 regular to 2026-11-20 regular. Symbols ranked from their rows: 3."
        in done.stdout
    )
    assert scores(redis) == expected(bars).boards


def test_the_command_shows_junk_without_its_control_characters(system: System, redis: Redis) -> None:
    system.process(morning())
    redis.set(keys.SESSION, "\x1b[31mjunk\n")

    shown = CliRunner().invoke(program, ["session"])

    assert shown.exit_code == 1
    assert r"no session, but b'\x1b[31mjunk\n'" in shown.stdout
    assert "No bar can be applied. `python -m tasks session --to DAY PHASE` puts it right." in shown.stdout


def test_a_market_is_put_right_while_bars_come(system: System, redis: Redis) -> None:
    # Given a market of 1,200 symbols, more than a script's call takes, that a corrupt bar has rolled away
    rng = random.Random(3)
    bars = [
        bar(f"S{n:04}", clock, close=10 + rng.random(), o=9 + rng.random())
        for clock in ("09:30:00", "09:30:07")
        for n in range(1_200)
    ]
    system.process(bars)
    system.process([bar("X", "10:00:00", date(2099, 6, 1))])

    # When it is put back between two batches
    system.process([bar("S0001", "09:30:08")])
    move(system, REGULAR)
    bars += [bar(f"S{n:04}", "09:30:09", close=11) for n in range(0, 1_200, 3)]
    system.process(bars[-400:])

    # Then all symbols rank as before, by their opens of before
    assert scores(redis) == expected(bars).boards
