"""The terminal's screen, driven by keys, against a real Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from redis import Redis
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from leaderboard import keys
from leaderboard.alerts.alert import FIELD, Alert
from leaderboard.connections.connection import connect_without_retries
from leaderboard.screens.definition import BY_NAME, Definition, encode
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import bar, trade_three
from watch.terminal.app import Top
from watch.terminal.panes.alert_line import AlertLine, AlertList
from watch.terminal.panes.board_pane import BoardPane
from watch.terminal.panes.symbol_pane import SymbolPane

GAINERS, VOLUME = BY_NAME["gainers"], BY_NAME["volume"]
WIDE, NARROW = (170, 30), (80, 24)
DEADLINE = 20.0

User = Pilot[Exception]
Story = Callable[[Top, User], Awaitable[None]]


@pytest.fixture
def three(system: System) -> System:
    """A published market of three symbols."""
    trade_three(system)
    system.publish()
    return system


@pytest.fixture
def play(redis_url: str) -> Callable[..., None]:
    """Opens boards in a terminal of some size, and lets a user do something."""

    def played(
        story: Story, *boards: Definition, size: tuple[int, int] = WIDE, history: Path | None = None
    ) -> None:
        async def go() -> None:
            top = Top(Shards([connect_without_retries(redis_url)]), boards or (GAINERS,), None, history)
            async with top.run_test(size=size) as user:
                await story(top, user)

        asyncio.run(go())

    return played


@pytest.fixture
def losers() -> Definition:
    return msgspec.structs.replace(GAINERS, name="losers", title="Losers", size=100)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.02)


def panes(top: Top) -> list[BoardPane]:
    return [pane for pane in top.query(BoardPane) if pane.display]


def symbols(pane: BoardPane) -> list[str]:
    return [row.symbol for row in pane.view.arranged]


def text_of(top: Top) -> str:
    """All that is on the screen."""
    return "\n".join("".join(segment.text for segment in line) for line in top.screen._compositor.render_strips())


def fire(redis: Redis, slot: int, symbol: str) -> None:
    alert = Alert(
        f"new-high:{symbol}:{slot}", "new-high", symbol, slot * 1000, "new high 12.00", msgspec.Raw(b"{}")
    )
    redis.xadd(keys.ALERTS, {FIELD: alert.json()}, id=f"{slot}-0")


def test_boards_stand_beside_each_other_where_there_is_room(three: System, play: Callable[..., None]) -> None:
    async def story(top: Top, user: User) -> None:
        # Given two boards in a wide terminal
        await until(lambda: all(len(pane.view.rows) == 3 for pane in panes(top)))
        assert [pane.view.board for pane in panes(top)] == [GAINERS, VOLUME]

        # When it becomes narrow, then the first one is left
        await user.resize_terminal(*NARROW)
        await until(lambda: [pane.view.board for pane in panes(top)] == [GAINERS])

        # When it becomes wide again, then the second one is back, and as it is published by now
        three.process([bar("LATE", "09:30:05", av=9_000)])
        await user.resize_terminal(*WIDE)

        def is_back() -> bool:
            # A second is published once, so it may take one more.
            three.publish()
            return len(panes(top)) == 2 and symbols(panes(top)[1])[0] == "LATE"

        await until(is_back)

    play(story, GAINERS, VOLUME)


def test_boards_are_chosen_added_and_removed_by_keys(
    redis: Redis, three: System, play: Callable[..., None], losers: Definition
) -> None:
    redis.set(keys.SCREENS, encode([losers]))

    async def story(top: Top, user: User) -> None:
        await until(lambda: len(panes(top)[0].view.rows) == 3)

        # A number shows the board of this number
        await user.press("1")
        await until(lambda: symbols(panes(top)[0]) == ["AAPL", "MSFT", "NEW"])
        assert panes(top)[0].view.board == VOLUME

        # One more is the first that is not shown, and has the keys; the list has screens too
        await user.press("plus")
        await until(lambda: len(panes(top)) == 2)
        await user.press("b", "end", "enter")
        await until(lambda: not top.screen.query(OptionList))
        assert [pane.view.board.name for pane in panes(top)] == ["volume", "losers"]

        # The last one stays
        await user.press("minus", "minus")
        await until(lambda: len(panes(top)) == 1)

    play(story)


def test_rows_are_sorted_and_filtered(three: System, play: Callable[..., None]) -> None:
    async def story(top: Top, user: User) -> None:
        pane = panes(top)[0]
        await until(lambda: symbols(pane) == ["AAPL", "MSFT", "NEW"])

        # By the first column, and reversed; the screen says so
        await user.press("right")
        assert symbols(pane) == ["MSFT", "AAPL", "NEW"]
        await user.press("r")
        assert symbols(pane) == ["NEW", "AAPL", "MSFT"]
        await user.pause()
        assert "sorted by Price, lowest first" in text_of(top)

        # A wrong filter is refused and can be mended; a right one shows what passes
        await user.press("slash", *"clse>=4", "enter")
        assert isinstance(top.focused, Input)
        await user.press(*["left"] * 5, "o", "enter")
        await until(lambda: symbols(pane) == ["AAPL", "MSFT"])
        await user.pause()
        assert "2 of 3 rows pass close>=4" in text_of(top)

        # Escape shows the board as published
        await user.press("escape")
        assert symbols(pane) == ["AAPL", "MSFT", "NEW"]

    play(story)


def test_a_symbol_is_selected_everywhere_with_its_quote_and_chart(
    three: System, play: Callable[..., None]
) -> None:
    async def story(top: Top, user: User) -> None:
        # Given a symbol that is selected on one of two boards
        await until(lambda: all(len(pane.view.rows) == 3 for pane in panes(top)))
        await user.press("down", "down")
        assert [pane.view.selected for pane in panes(top)] == ["MSFT", "MSFT"]
        await until(lambda: "MSFT  44.00  +4.00  +10.00%" in text_of(top))

        # When it trades in another minute, then its chart begins
        three.process([bar("MSFT", "09:31:01", close=45.0, o=44.0, av=2_000)])
        three.publish()
        await until(lambda: "MSFT  45.00" in text_of(top))
        assert any("\u2801" <= character <= "\u28ff" for character in text_of(top))

        # Escape selects none
        await user.press("escape")
        assert not top.query_one(SymbolPane).has_class("shown")

    play(story, GAINERS, VOLUME)


def test_alerts_are_shown_the_newest_first(redis: Redis, three: System, play: Callable[..., None]) -> None:
    fire(redis, 1_000, "OLD")

    async def story(top: Top, user: User) -> None:
        # An alert that has fired before is there; a new one takes its place
        await until(lambda: "OLD new high 12.00" in text_of(top))
        # What somebody else has added to the stream is left out
        redis.xadd(keys.ALERTS, {"junk": "junk"}, id="1000-1")
        fire(redis, 1_001, "NEW")
        await until(lambda: "NEW new high 12.00" in text_of(top))

        # The list has both, each once
        await user.press("a")
        await until(lambda: isinstance(top.screen, AlertList))
        await user.press("escape")
        assert [alert.symbol for alert in top.query_one(AlertLine).alerts] == ["NEW", "OLD"]

    play(story)


@pytest.mark.parametrize("junk", [(GAINERS.scanner, b"{}"), (keys.SCREENS, b"[1]")])
def test_what_is_no_board_ends_it_with_a_sentence(
    redis: Redis, play: Callable[..., None], junk: tuple[str, bytes]
) -> None:
    redis.set(*junk)

    async def story(top: Top, user: User) -> None:
        await until(lambda: top.return_value is not None)
        assert junk[0] in str(top.return_value)

    play(story)


def test_a_chart_begins_with_what_is_recorded(three: System, tmp_path: Path, play: Callable[..., None]) -> None:
    # Given earlier minutes of a symbol that are recorded
    recorded(tmp_path, batch(1, ("AAPL", "08:00:00"), ("AAPL", "08:01:00")))

    async def story(top: Top, user: User) -> None:
        # When it is selected, then its chart has them
        await until(lambda: len(panes(top)[0].view.rows) == 3)
        await user.press("home")
        await until(lambda: any("\u2801" <= character <= "\u28ff" for character in text_of(top)))

    play(story, history=tmp_path)
