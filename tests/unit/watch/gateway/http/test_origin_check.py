"""Which names and pages the gateway answers."""

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers

from watch.gateway.http.origin_check import OriginCheck


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("127.0.0.1:8000", "", True),
        ("localhost:8000", "http://localhost:8000", True),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("localhost:8000", "http://localhost:9000", False),
        ("localhost:8000", "null", False),
        ("evil.example:8000", "http://evil.example:8000", False),
        ("evil.example:8000", "", False),
        ("", "", False),
        ("127.0.0.1.evil.example", "", False),
        ("boards.example", "https://boards.example", True),
        ("127.0.0.1:8000", "https://boards.example", True),
        ("127.0.0.1:8000", "http://[", False),
    ],
)
def test_without_a_key_names_and_origins_decide(host: str, origin: str, allowed: bool) -> None:
    headers = Headers({"host": host} | ({"origin": origin} if origin else {}))

    without_key = OriginCheck(Starlette(), requires_key=False, origins=["https://boards.example"])
    assert (without_key.refuses(headers) is None) is allowed
    assert OriginCheck(Starlette(), requires_key=True, origins=[]).refuses(headers) is None


@pytest.mark.parametrize(
    ("path", "headers", "answered"),
    [
        ("/api/status", {"sec-fetch-site": "cross-site"}, False),
        ("/api/status", {"sec-fetch-site": "Same-Site"}, False),
        ("/api/quotes/A", {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ("/metrics", {"sec-fetch-site": "cross-site"}, False),
        ("/ws", {"sec-fetch-site": "cross-site"}, False),
        ("/api/status", {"sec-fetch-site": "cross-site", "origin": "https://boards.example"}, True),
        ("/ws", {"sec-fetch-site": "cross-site", "origin": "https://boards.example"}, True),
        ("/api/status", {"sec-fetch-site": "same-origin"}, True),
        ("/api/status", {"sec-fetch-site": "none"}, True),
        ("/api/status", {}, True),
        # A link may lead there.
        ("/", {"sec-fetch-site": "cross-site"}, True),
    ],
)
@pytest.mark.parametrize("requires_key", [False, True])
def test_pages_of_others_do_not_reach_the_boards(
    path: str, headers: dict[str, str], answered: bool, requires_key: bool
) -> None:
    check = OriginCheck(Starlette(), requires_key=requires_key, origins=["https://boards.example"])

    assert (check.refuses_page(path, Headers(headers)) is None) is answered
