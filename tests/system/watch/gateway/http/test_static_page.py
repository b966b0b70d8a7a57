"""The page's files."""

import json
import re

import pytest

from leaderboard.boards import BOARDS
from leaderboard.fields import NAMES
from tests.support.watch.gateways import Gateway


def test_the_page_may_load_only_what_is_its_own(gateway: Gateway) -> None:
    answer = gateway.get("/")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {*policy.values()} == {"'none'", "'self'"}
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_served_with_what_is_declared(gateway: Gateway) -> None:
    answer = gateway.get("/")

    found = re.search(r'<script id="declarations" type="application/json">(.*)</script>', answer.text)
    assert found
    declared = json.loads(found[1])
    assert [board["feed"] for board in declared["boards"]] == [board.scanner for board in BOARDS]
    assert ["symbol", *(field["name"] for field in declared["fields"])] == list(NAMES)
    # This gateway has no HISTORY_DIR
    assert declared["has_history"] is False

    # And it is sent again only where it has changed
    assert gateway.get("/", {"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert gateway.get("/index.html", {"If-None-Match": '"another"'}).text == answer.text


def test_the_library_that_draws_charts_is_a_file_of_the_page(gateway: Gateway) -> None:
    answer = gateway.get("/library/lightweight-charts.js")

    assert answer.headers["content-type"].startswith("text/javascript")
    assert "TradingView Lightweight Charts" in answer.text
    assert "content-security-policy" in answer.headers
    # And it is sent again only where it has changed
    path, tag = "/library/lightweight-charts.js", answer.headers["etag"]
    assert gateway.get(path, {"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/none.js",
        "/library/",
        "/library/__init__.py",
        "/../gateway/server.py",
        "/..%2f..%2fconfig.py",
        "/api/none",
    ],
)
def test_there_is_nothing_beside_the_page(gateway: Gateway, path: str) -> None:
    assert gateway.get(path).status_code == 404
