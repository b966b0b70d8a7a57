"""What a request may cost."""

import re
import time

import pytest
from redis import Redis

from tests.support.watch.gateways import Gateway
from watch.gateway.limits import (
    LONGEST_QUERY,
    MOST_PARAMETERS,
)


@pytest.mark.parametrize(
    ("query", "code", "sentence"),
    [
        ("x" * LONGEST_QUERY, 422, "x: Extra inputs"),
        ("x" * (LONGEST_QUERY + 1), 414, "a query has 2,048 bytes at most, this one has 2,049"),
        ("&".join(["limit=1"] * MOST_PARAMETERS), 422, "limit: given more than once"),
        ("&" * MOST_PARAMETERS, 400, "a query has 20 parameters at most, this one has 21"),
    ],
)
def test_queries_are_bounded(gateway: Gateway, redis: Redis, query: str, code: int, sentence: str) -> None:
    answer = gateway.get(f"/api/boards/volume?{query}")

    assert answer.status_code == code
    assert sentence in re.sub("x+", "x", answer.json()["error"])


def test_no_query_holds_the_gateway(gateway: Gateway, redis: Redis) -> None:
    # Given queries of as many parameters as a request's head can hold, for any path
    for path in ("/api/boards/volume", "/api/status", "/", "/healthz"):
        began = time.monotonic()

        # When they are asked, then they are refused at once
        assert gateway.get(f"{path}?{'&'.join(f'p{n}=1' for n in range(5000))}").status_code in (414, 431)
        assert time.monotonic() - began < 1
