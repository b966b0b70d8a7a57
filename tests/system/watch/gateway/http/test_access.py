"""Who may read over HTTP: by key, and for browsers by the page that asks."""

import pytest
from redis import Redis

from leaderboard.system import System
from tests.support.watch.gateways import KEY, Gateway
from tests.support.watch.raw_websocket import raw, rest, upgrade

READ_WITH_KEY = (
    "/api/boards",
    "/api/boards/gainers",
    "/api/quotes/AAPL",
    "/api/screen?by=close",
    "/api/ranks/AAPL",
    "/api/status",
    "/metrics",
)


@pytest.mark.parametrize("path", READ_WITH_KEY)
def test_with_a_key_set_nothing_is_answered_without_it(guarded: Gateway, market: System, path: str) -> None:
    for headers in ({}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {KEY}"}):
        answer = guarded.get(path, headers)
        assert answer.status_code == 401
        assert answer.json() == {"error": "the key is wrong or missing"}
    for headers in ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}):
        assert guarded.get(path, headers).status_code == 200


def test_page_and_health_need_no_key(guarded: Gateway, market: System) -> None:
    assert guarded.get("/").status_code == 200
    assert guarded.get("/healthz").json().keys() == {"healthy", "parts"}


def test_the_key_is_not_logged(guarded: Gateway, redis: Redis) -> None:
    guarded.get("/api/status", {"X-API-Key": KEY})

    assert KEY not in guarded.log


def test_listed_origins_may_ask_and_others_may_not(gateway: Gateway, redis: Redis) -> None:
    listed = gateway.get("/api/status", {"Origin": "https://boards.example"})
    other = gateway.get("/api/status", {"Origin": "https://evil.example"})
    renamed = gateway.get("/api/status", {"Host": "evil.example"})

    assert listed.headers["access-control-allow-origin"] == "https://boards.example"
    assert (other.status_code, renamed.status_code) == (403, 403)
    assert "evil.example" in other.json()["error"]


def test_an_image_on_a_page_of_others_is_refused(gateway: Gateway, redis: Redis) -> None:
    for path in ("/api/status", "/api/boards/gainers", "/metrics"):
        assert gateway.get(path, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with raw(gateway.port) as client:
        client.sendall(upgrade(headers="Sec-Fetch-Site: cross-site\r\n"))
        assert rest(client).startswith(b"HTTP/1.1 403")
    assert gateway.get("/", {"Sec-Fetch-Site": "cross-site"}).status_code == 200
