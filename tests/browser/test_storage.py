"""The page works where the browser stores nothing."""

import pytest
from playwright.sync_api import expect

from leaderboard.system import System
from tests.support.watch.browsers import PHONE, Look
from tests.support.watch.gateways import Gateway

BLOCKED = {
    "blocked": "get() { throw new DOMException('The operation is insecure.', 'SecurityError'); }",
    "absent": "get() { return null; }",
    "full": """get() {
      const full = () => { throw new DOMException('exceeded the quota', 'QuotaExceededError'); };
      return { getItem: () => null, setItem: full, removeItem: full };
    }""",
    "junk": """get() {
      return { getItem: () => '{"key":', setItem: () => {}, removeItem: () => {} };
    }""",
    "strange": """get() {
      return { getItem: () => '[{"key":{"toString":1}}, null]', setItem: () => {}, removeItem: () => {} };
    }""",
}


@pytest.mark.parametrize("how", BLOCKED)
def test_without_storage_everything_works_while_the_page_is_open(look: Look, three: System, how: str) -> None:
    # Given a browser that stores nothing
    script = "".join(
        f"Object.defineProperty(window, '{area}', {{ {BLOCKED[how]} }});"
        for area in ("localStorage", "sessionStorage")
    )
    viewer = look(script=script)
    page = viewer.page

    # Then the boards are there, and can be sorted, filtered, and shown in another theme
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    page.locator("#board-gainers").get_by_role("columnheader", name="Price").get_by_role("button").click()
    viewer.sees("gainers", "MSFT", "AAPL", "NEW")
    viewer.filter("gainers", max_float="5M")
    viewer.sees("gainers", "AAPL")
    before = page.evaluate("document.documentElement.dataset.theme")
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") != before

    # And on a phone one can be chosen
    page.set_viewport_size(PHONE)
    page.get_by_role("tab", name="Gainers").click()
    viewer.sees("gainers", "AAPL")


def test_without_storage_a_key_is_asked_for_once(look: Look, three: System, locked_gateway: Gateway) -> None:
    # Given a gateway with a key, and a browser that stores nothing
    script = f"Object.defineProperty(window, 'sessionStorage', {{ {BLOCKED['blocked']} }})"
    viewer = look(gateway=locked_gateway, script=script)

    # When the key is given
    viewer.page.fill("#api-key", locked_gateway.key)
    viewer.page.keyboard.press("Enter")

    # Then it serves for the boards, the status and every quote
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(viewer.page.locator("#session")).to_contain_text("Fri 20 Nov 2026")
    viewer.page.locator("#board-gainers .row").first.click()
    expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("12.00")
