"""What rows show of the last minute and of the session: moves of ranks, and lines."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.system import System
from tests.support.market import bar, trade_three
from tests.support.waiting import eventually
from tests.support.watch.browsers import WIDE, Look
from tests.support.watch.gateways import Gateway

#: Whether the page has been answered which ranks symbols had.
ASKED = "() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/gainers/moves'))"


@pytest.fixture(scope="module")
def recording(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that knows no ranks of tests before, where history is recorded."""
    folder = tmp_path_factory.mktemp("marks")
    started = Gateway(folder, MARKET_CLOCK="events", HISTORY_DIR=str(folder / "history"))
    yield started
    started.stop()


def closes(gateway: Gateway) -> list[float]:
    """The gateway's line of NEW, as far as it is known."""
    answered = gateway.get("/api/sparklines?symbols=NEW").json()["closes"]
    return [close for close in answered.get("NEW", []) if close is not None]


def test_rows_show_moves_of_ranks_and_the_session_as_a_line(
    look: Look, recording: Gateway, redis: Redis, market: System
) -> None:
    # Given a board that somebody looks at, so that the gateway remembers its ranks
    redis.set(keys.RECORDING, 1)
    market.process([bar("AAPL", "09:20:00", close=11.0, av=100)])
    trade_three(market)
    viewer = look(gateway=recording, viewport=WIDE)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    viewer.page.get_by_role("button", name="Columns of Gainers").click()
    for column in ("move", "spark"):
        box = viewer.page.locator(f"#board-gainers .columns [data-control={column}]")
        box.set_checked(True)
    viewer.page.keyboard.press("Escape")
    move = viewer.cell("gainers", "NEW", "move")
    expect(move).to_have_text("")
    viewer.page.wait_for_function(ASKED)
    eventually(lambda: closes(recording) == [3.15])

    # When the last becomes the first, and another comes
    market.process(
        [
            bar("NEW", "09:31:00", close=6.0, o=3.0, av=5_000),
            bar("OTHER", "09:31:00", close=11.0, o=10.0, av=5_000),
        ]
    )
    viewer.sees("gainers", "NEW", "AAPL", "OTHER", "MSFT")
    eventually(lambda: closes(recording) == [3.15, 6.0])
    viewer.page.reload()

    # Then rows say by how many places they moved
    expect(move).to_have_text("\u25b22")
    expect(move).to_have_attribute("aria-label", "up 2")
    expect(viewer.cell("gainers", "AAPL", "move")).to_have_text("\u25bc1")
    expect(viewer.cell("gainers", "OTHER", "move")).to_have_text("new")

    # And the session is a line, which rises with the price
    line = viewer.cell("gainers", "NEW", "spark").locator("polyline")
    expect(line).to_have_class("up")
    expect(line).to_have_attribute("points", re.compile(r"^0\.0,15\.0 (.* )?60\.0,1\.0$"))


def test_a_watched_symbol_has_a_star_on_all_boards(look: Look, three: System) -> None:
    # Given a symbol that is selected
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    viewer.page.locator("#board-gainers .row", has_text="MSFT").click()
    stars = viewer.page.get_by_role("img", name="on the watchlist")
    expect(stars).to_have_count(0)

    # When it is put on the watchlist, then its rows say so
    viewer.page.keyboard.press("w")
    expect(viewer.page.locator(".board .row", has=stars)).to_contain_text(["MSFT"] * 3)

    # And no more once it is removed
    viewer.page.keyboard.press("w")
    expect(stars).to_have_count(0)


def test_colours_of_the_system_tell_tints_and_stale_rows_apart(look: Look, three: System) -> None:
    # Given a user with colours of their own, and rows of which one changed much, and some stopped trading
    viewer = look(forced_colors="active", viewport=WIDE)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    three.process([bar("NEW", "09:34:10", close=3.2, o=3.0, av=600)])
    expect(viewer.page.locator("#board-gainers .row", has_text="AAPL")).to_have_class(re.compile("stopped"))

    # Then they are told apart by lines and letters
    def style(symbol: str, name: str) -> object:
        cell = viewer.cell("gainers", symbol, "pct_change_since_open")
        return cell.evaluate("(cell, name) => getComputedStyle(cell)[name]", name)

    assert [style(symbol, "textDecorationLine") for symbol in ("AAPL", "NEW")] == ["underline", "none"]
    assert [style(symbol, "fontStyle") for symbol in ("AAPL", "NEW")] == ["italic", "normal"]

    # And the selected row has a frame, the board with the keyboard another
    viewer.page.keyboard.press("1")
    for key in ("ArrowDown", "Enter"):
        viewer.page.keyboard.press(key)
    selected = viewer.page.locator("#board-volume .row[aria-selected=true]")
    assert selected.evaluate("(row) => getComputedStyle(row).outlineStyle") == "solid"
    frames = viewer.page.locator(".board").evaluate_all(
        "(all) => all.filter((each) => getComputedStyle(each, '::after').borderTopStyle === 'solid').length"
    )
    assert frames == 1
