"""A gateway with a key: the page asks for it, and keeps it to itself."""

from playwright.sync_api import expect

from leaderboard.system import System
from tests.support.watch.browsers import Look
from tests.support.watch.gateways import Gateway


def test_a_key_is_asked_for_and_kept_from_the_address(look: Look, three: System, locked_gateway: Gateway) -> None:
    # When the page of a gateway with a key is opened
    viewer = look(gateway=locked_gateway)
    page = viewer.page
    dialog = page.get_by_role("dialog")

    # Then it asks for the key
    expect(dialog).to_contain_text("This server asks for a key.")
    expect(page.locator("#state")).to_contain_text("API key needed")
    viewer.sees("gainers")

    # And does not let itself be sent away, for nothing else would ask
    for _ in range(3):
        page.keyboard.press("Escape")
        expect(dialog).to_be_visible()

    # And again where it is wrong
    page.fill("#api-key", "wrong")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("That key was refused.")

    # And shows the boards where it is right, until the tab is closed
    page.fill("#api-key", locked_gateway.key)
    page.keyboard.press("Enter")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(dialog).to_be_hidden()
    expect(page.locator("#session")).to_contain_text("Fri 20 Nov 2026")
    page.reload()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # And the key is nowhere but in the tab
    assert locked_gateway.key not in page.url
    assert locked_gateway.key not in page.evaluate("JSON.stringify(localStorage)")
    assert locked_gateway.key not in locked_gateway.log
