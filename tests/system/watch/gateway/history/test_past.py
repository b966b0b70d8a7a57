"""The recorded days, and the market at a second of one, over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard.market.selection import Selection
from leaderboard.screens.screen import Screen
from tests.support.made_day import MadeDay, made_day
from tests.support.market import TODAY, at
from tests.support.watch.gateways import Gateway

SCREEN = Screen("losers", "Losers", "", Selection.parse("pct_change_since_open", "ascending"))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    """A day of 35 seconds from 09:29:50 on, with a screen."""
    return made_day(tmp_path_factory.mktemp("past") / "history", 35, [SCREEN])


@pytest.fixture(scope="module")
def recording(redis_server: RedisServer, day: MadeDay) -> Iterator[Gateway]:
    """A gateway where it is recorded, for all tests of the module."""
    started = Gateway(day.history.parent, HISTORY_DIR=str(day.history))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def emptied(redis: Redis) -> None:
    """Redis is empty: nothing is on the tape."""


def iso(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def answered(gateway: Gateway, path: str) -> Any:
    answer = gateway.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_market_is_as_it_was_published(recording: Gateway, day: MadeDay) -> None:
    for time in [*day.published][::16]:
        found = answered(recording, f"/api/past?at={iso(time)}&boards=volume,gainers,losers,none&symbols=S1,NONE")

        published = {name: json.loads(rows) for name, rows in day.published[time].items()}
        assert found["boards"] == {name: published[name] for name in ("volume", "gainers", "losers")}
        assert [*found["unknown"]] == ["none"]
        phase = "regular" if time >= at("09:30:01") else "pre"
        assert found["session"] == {"day": f"{TODAY}", "phase": phase}
        assert found["newest_bar"] == time
        rows = {row["symbol"]: row for row in published["volume"]}
        quote = {name: value for name, value in rows.get("S1", {}).items() if name != "rank"}
        assert found["quotes"] == ({"S1": quote} if quote else {})


def test_only_what_is_wanted_is_sent(recording: Gateway, day: MadeDay) -> None:
    time = [*day.published][20]
    path = f"/api/past?at={iso(time)}&boards=volume&limit=2&fields=close,volume_1m"

    rows = answered(recording, path)["boards"]["volume"]

    whole = json.loads(day.published[time]["volume"])[:2]
    assert rows == [
        {name: row[name] for name in ("rank", "symbol", "close")} | {"volume_1m": None} for row in whole
    ]
    # And nothing again
    tag = recording.get(path).headers["etag"]
    assert recording.get(path, {"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("", 400, "at"),
        ("at=now", 400, "at"),
        ("at=2099-01-01T00:00:00Z", 400, "at"),
        ("at=2026-11-20T09:30:00&symbols=A%20B", 400, "symbols"),
        ("at=2026-11-20T09:30:00&limit=0", 400, "limit"),
        ("at=2026-11-20T09:30:00&boards=" + ",".join(f"b{n}" for n in range(13)), 400, "boards"),
        ("at=2026-11-20T09:00:00", 404, None),
    ],
)
def test_what_cannot_be_answered_is_named(
    recording: Gateway, query: str, code: int, parameter: str | None
) -> None:
    answer = recording.get(f"/api/past?{query}")
    assert (answer.status_code, answer.json().get("parameter")) == (code, parameter)


def test_days_say_what_can_be_looked_at(recording: Gateway, gateway: Gateway, day: MadeDay) -> None:
    [found] = answered(recording, "/api/days")["days"]

    assert (found["day"], found["from"] // 1000) == (f"{TODAY}", min(day.published) // 1000)
    assert found["to"] // 1000 == max(day.published) // 1000
    assert answered(recording, f"/api/past?at={iso(found['to'])}&boards=volume")["boards"]["volume"]
    # And where nothing is recorded that is said
    for path in ("/api/days", f"/api/past?at={iso(found['to'])}"):
        assert gateway.get(path).status_code == 404


def test_candles_know_nothing_of_what_came_later(recording: Gateway, day: MadeDay) -> None:
    # Given a symbol that traded in every other second
    candles = answered(recording, f"/api/candles/S1?at={iso(at('09:30:05'))}")

    assert candles["day"] == f"{TODAY}"
    assert [candle["time"] for candle in candles["candles"]] == [at("09:29:00"), at("09:30:00")]
    assert [candle["volume"] for candle in candles["candles"]] == [500, 300]
    # And a second that has not come is refused, as are two days at once
    for query, parameter in (("at=2099-01-01T00:00:00Z", "at"), (f"day={TODAY}&at=2026-11-20T09:30:05", "day")):
        answer = recording.get(f"/api/candles/S1?{query}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


@pytest.mark.parametrize("path", ["/api/days", f"/api/past?at={iso(at('09:30:01'))}&boards=losers&symbols=S1"])
def test_answers_are_as_described(recording: Gateway, path: str) -> None:
    description = recording.get("/openapi.json").json()
    operation = description["paths"][path.partition("?")[0]]["get"]
    content = operation["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": description["components"]}
    Draft202012Validator(schema).validate(answered(recording, path))
