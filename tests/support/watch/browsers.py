"""A browser, and the page as its user sees it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    ViewportSize,
    WebSocket,
    expect,
    sync_playwright,
)

from bench.page.viewer import ARGUMENTS, EXECUTABLE
from tests.support.checkout import CHECKOUT
from tests.support.watch.gateways import Gateway

#: Milliseconds to wait for what comes within a second or two.
SOON = 20_000

PHONE: ViewportSize = {"width": 390, "height": 844}
LAPTOP: ViewportSize = {"width": 1440, "height": 900}
WIDE: ViewportSize = {"width": 1920, "height": 1080}

#: Pictures of the page, for people to look at. In the checkout, and not among it.
SCREENSHOTS = CHECKOUT / ".run" / "screenshots"

#: A script of a page: the calendar says that it is in the middle of a long session, whatever the time of day.
ALWAYS_OPEN = """
    const ask = window.fetch;
    const hours = { day_start: 0, open: 0, close: 4e15, trading_end: 4e15 };
    const calendar = JSON.stringify({ days: [{ day: "2026-11-20", hours, is_early_close: false }] });
    window.fetch = (path, ...rest) =>
      String(path).startsWith("api/calendar") ? Promise.resolve(new Response(calendar)) : ask(path, ...rest);
"""

#: What would run, were it markup.
HOSTILE = '<img src=x onerror="window.caught=true">'

expect.set_options(timeout=SOON)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a screen."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        yield launched
        launched.close()


class Viewer:
    """A tab with a gateway's page, and what the browser noted meanwhile.

    Args:
        launched: the browser.
        gateway: whose page it is.
        script: runs before any of the page's own.
        options: of the browser's context.

    Attributes:
        page: the tab.
        complaints: errors and warnings of the console and of scripts, including breaches of the page's policy.
        strange: requests to anywhere but the gateway.
        sockets: WebSockets that were opened.
    """

    def __init__(self, launched: Browser, gateway: Gateway, script: str = "", **options: Any) -> None:
        context = launched.new_context(**{"viewport": LAPTOP} | options)
        if script:
            context.add_init_script(script)
        self._gateway = gateway
        self.page: Page = context.new_page()
        self.page.set_default_timeout(SOON)
        self.complaints: list[str] = []
        self.strange: list[str] = []
        self.sockets: list[WebSocket] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._on_request)
        self.page.on("websocket", self._on_websocket)

    def _on_console(self, message: ConsoleMessage) -> None:
        # The gateway answers 503 where a part is unwell, and the browser complains of that.
        if message.type in ("error", "warning") and not message.location["url"].endswith("/healthz"):
            self.complaints.append(message.text)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith(f"{self._gateway.url}/"):
            self.strange.append(request.url)

    def _on_websocket(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        if socket.url != f"ws://127.0.0.1:{self._gateway.port}/ws":
            self.strange.append(socket.url)

    def open(self, query: str = "") -> None:
        self.page.goto(f"{self._gateway.url}/{query}")

    def cell(self, board: str, symbol: str, column: str) -> Locator:
        """A cell of a symbol's row."""
        row = self.page.locator(f"#board-{board} .row", has=self.page.get_by_text(symbol, exact=True))
        return row.locator(f".{column}")

    def filters(self, board: str) -> Locator:
        """The form of a board's filters, opened."""
        form = self.page.locator(f"#board-{board} form.filters")
        if not form.is_visible():
            self.page.locator(f"#board-{board} .filter-button").click()
        return form

    def filter(self, board: str, **texts: str) -> None:
        """Type into filters of a board, and close their form."""
        form = self.filters(board)
        for name, text in texts.items():
            form.locator(f"[name={name}]").fill(text)
        self.page.keyboard.press("Escape")

    def ask_status(self) -> None:
        """Have the page ask the gateway's status now, as it does when its machine is online again."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def next_frame(self) -> None:
        """Wait until the page has drawn what it knows now."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def sees(self, board: str, *symbols: str) -> None:
        """Wait until a board shows these symbols, from its top, and no others."""
        expect(self.page.locator(f"#board-{board} .row .symbol")).to_have_text(list(symbols))

    def spilt(self) -> list[str]:
        """What reaches beyond the sides of the window, and rows and cells that are too narrow for their text.

        First waits until the page has drawn what it knows.
        """
        # Which boards are shown, and how wide, is decided with the next frame.
        self.next_frame()
        found: list[str] = self.page.evaluate(
            """() => {
              const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
              const isBeyond = (each) => {
                const { left, right } = each.getBoundingClientRect();
                return left < -0.5 || right > innerWidth + 0.5;
              };
              const isCut = (each) => each.matches(".cell, .row, .titles") && each.scrollWidth > each.clientWidth;
              // Tabs are one line, which scrolls by itself where it is too long.
              const elements = [...document.querySelectorAll("body *:not(.tabs *)")];
              return wide.concat(elements
                .filter((each) => each.checkVisibility() && (isBeyond(each) || isCut(each)))
                .map((each) => `${each.id || each.className}: ${each.innerText}`));
            }"""
        )
        return found

    def spilt_by_width(self, widest: int = 2_700) -> dict[int, list[str]]:
        """By width of the window, from a small phone's to the widest: what is spilt there, if anything."""
        spilt = {}
        for width in range(320, widest, 20):
            self.page.set_viewport_size({"width": width, "height": 900})
            if found := self.spilt():
                spilt[width] = found
        return spilt

    def keep(self, name: str) -> None:
        """Keep a picture of what is in view."""
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def close(self) -> None:
        self.page.context.close()


#: Opens a page: see the fixture `look` of tests/browser.
Look = Callable[..., Viewer]
