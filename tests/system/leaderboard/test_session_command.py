"""What operators type to begin a session, also after a day's jump of the clock."""

from collections.abc import Iterator

import pytest

from leaderboard.sessions import Phase, Session
from tests.support.boards import assert_as_expected, scores
from tests.support.market import bar
from tests.support.moved_clock import MONDAY, TUESDAY
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.redis_servers.moved_redis import MovedRedis, moved_redis


@pytest.fixture
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovedRedis]:
    with moved_redis(tmp_path_factory.mktemp("session"), "10:00:00") as server:
        yield server


def command(moved: MovedRedis, processes: Processes, *options: str) -> tuple[int, str]:
    ended = processes.run(
        "tasks",
        *("session", *options),
        environment={
            "REDIS_URL": moved.settings.redis_url,
            "CELERY_BROKER_URL": moved.settings.celery_broker_url,
            "MARKET_CLOCK": "wall",
        },
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_after_a_days_jump_of_the_clock_bars_rank_again(moved: MovedRedis, processes: Processes) -> None:
    # Given a Monday's boards, and a clock of Redis that jumps ahead by a day, upon which a reset rolls
    system = moved.system()
    bars = [bar("A", "09:59:00", MONDAY, close=10), bar("A", "09:59:30", MONDAY, close=11)]
    system.process(bars)
    moved.go_to("10:00:01", system, day=TUESDAY)
    assert system.roll_to_now() == Session(TUESDAY, Phase.REGULAR)
    assert system.process([bar("A", "10:00:00", MONDAY)]).late == 1

    # When the clock is right again, and no reset changes anything
    moved.go_to("10:00:10")
    assert system.roll_to_now() is None
    code, told = command(moved, processes)

    # Then the command says what is wrong and what to do
    assert code == 1
    assert "boards      2026-11-24 regular" in told
    assert "wall clock  2026-11-23 regular, 2026-11-23 10:00:1" in told
    assert "The boards are ahead: every bar until then is late." in told
    assert "`python -m tasks session --to 2026-11-23 regular` puts it right." in told

    # And when that is done, bars rank again
    code, told = command(moved, processes, "--to", "2026-11-23", "regular", "--yes")
    assert code == 0, told
    assert (
        "The boards went from 2026-11-24 regular to 2026-11-23 regular. Symbols ranked from their rows: 1." in told
    )
    assert scores(moved.client)["gainers"] == {"A": 10}
    bars.append(bar("A", "10:00:05", MONDAY, close=12))
    assert system.process(bars[-1:]).applied == 1
    assert_as_expected(moved.client, expected(bars))
    code, told = command(moved, processes)
    assert (code, "They agree." in told) == (0, True)


def test_the_command_asks_and_refuses(moved: MovedRedis, processes: Processes) -> None:
    # Given boards of the present session
    system = moved.system()
    system.process([bar("A", "09:59:00", MONDAY)])
    before = scores(moved.client)

    # When nobody answers, or what is asked for makes no sense
    answers = {day: command(moved, processes, "--to", day, "pre") for day in ("2026-11-23", "2026-11-24")}

    # Then nothing is done
    assert all(code != 0 for code, _ in answers.values())
    assert "by the clock of the boards' Redis: the next reset rolls them there" in answers["2026-11-23"][1]
    assert "Go on?" in answers["2026-11-23"][1]
    assert "2026-11-24 pre has not begun by the clock of the boards' Redis" in answers["2026-11-24"][1]
    assert scores(moved.client) == before
    assert system.session() == Session(MONDAY, Phase.REGULAR)
