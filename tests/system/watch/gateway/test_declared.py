"""The gateway describes and broadcasts a field and a board that are declared, each in one line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.support.changed_copy import ChangedCopy
from tests.support.market import bar
from tests.support.watch.gateways import Gateway, received, subscribe


@pytest.fixture
def copy(tmp_path: Path) -> ChangedCopy:
    return ChangedCopy(
        tmp_path / "copy",
        fields=['Field("half", Unit.DOLLARS, Source.FORMULA, formula=lambda event, _: event.close / 2),'],
        boards=['Board("cheapest", "Cheapest", "by half of the price", "half", Order.ASCENDING),'],
    )


@pytest.fixture
def gateway_of_copy(copy: ChangedCopy, redis: Redis, tmp_path: Path) -> Iterator[Gateway]:
    started = Gateway(tmp_path, **copy.environment)
    yield started
    started.stop()


def test_what_is_declared_is_described(gateway_of_copy: Gateway) -> None:
    # When the API's description is read
    described = gateway_of_copy.get("/openapi.json").json()["components"]["schemas"]

    # Then it has the field in a quote, and the board among those that can be asked for
    assert "half" in described["Quote"]["properties"]
    assert "cheapest" in described["BoardAnswer"]["properties"]["board"]["examples"]


def test_what_is_declared_is_broadcast(copy: ChangedCopy, gateway_of_copy: Gateway) -> None:
    with gateway_of_copy.connect() as client:
        # Given a subscriber to the board and to all quotes
        subscribe(client, "scanners:top_cheapest", "quote:*")

        # When two bars come
        copy.apply(bar("A", "09:30:00", close=20.0), bar("B", "09:30:01", close=1.0))

        # Then both quotes have the field, and the board ranks by it
        assert [json.loads(received(client))["half"] for _ in range(2)] == [10.0, 0.5]
        assert [row["symbol"] for row in json.loads(received(client))] == ["B", "A"]
