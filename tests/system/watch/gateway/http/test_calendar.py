"""Trading days and their hours over HTTP."""

from datetime import date
from typing import Any

import pytest

from tests.support.market import at
from tests.support.watch.gateways import Gateway


def days(gateway: Gateway, query: str) -> list[Any]:
    answer = gateway.get(f"/api/calendar?{query}")
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["days"]
    return found


def test_holidays_are_left_out_and_early_closes_named(gateway: Gateway) -> None:
    # Given Thanksgiving of 2026, on the 26th
    found = days(gateway, "first=2026-11-25&limit=3")

    assert [(each["day"], each["is_early_close"]) for each in found] == [
        ("2026-11-25", False),
        ("2026-11-27", True),
        ("2026-11-30", False),
    ]
    assert found[0]["hours"] == {
        "day_start": at("04:00:00", date(2026, 11, 25)),
        "open": at("09:30:00", date(2026, 11, 25)),
        "close": at("16:00:00", date(2026, 11, 25)),
        "trading_end": at("20:00:00", date(2026, 11, 25)),
    }
    assert found[1]["hours"]["close"] == at("13:00:00", date(2026, 11, 27))


def test_a_day_without_trading_belongs_to_the_one_before(gateway: Gateway) -> None:
    assert days(gateway, "first=2026-11-29&limit=1")[0]["day"] == "2026-11-27"


def test_it_begins_with_the_present_day(gateway: Gateway) -> None:
    # Given the gateway's own status, by its clock
    now = gateway.get("/api/status").json()["now"]

    found = days(gateway, "")

    assert found[0]["hours"]["day_start"] <= now < found[1]["hours"]["day_start"]


@pytest.mark.parametrize("query", ["first=today", "limit=0", "limit=401", "days=1"])
def test_a_wrong_query_is_named(gateway: Gateway, query: str) -> None:
    answer = gateway.get(f"/api/calendar?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, query.partition("=")[0])
