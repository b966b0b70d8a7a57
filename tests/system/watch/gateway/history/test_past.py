"""The recorded days, and the market at seconds of one, over HTTP."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from redis import Redis

from deploy.redis_server import RedisServer
from tests.support.history.entries import events
from tests.support.history.tape import append
from tests.support.made_day import MadeDay, made_day
from tests.support.market import TODAY, at, iso
from tests.support.watch.gateways import Gateway, answered


@pytest.fixture(autouse=True)
def emptied(redis: Redis) -> None:
    """Redis is empty: nothing is on the tape."""


def test_the_market_is_as_it_was_published(past: Gateway, day: MadeDay) -> None:
    for time in [*day.published][::16]:
        found = answered(past, f"/api/past?at={iso(time)}&boards=volume,gainers,losers,none&symbols=S1,NONE")

        published = {name: json.loads(rows) for name, rows in day.published[time].items()}
        assert found["boards"] == {name: published[name] for name in ("volume", "gainers", "losers")}
        assert [*found["unknown"]] == ["none"]
        phase = "regular" if time >= at("09:30:01") else "pre"
        assert found["session"] == {"day": f"{TODAY}", "phase": phase}
        assert found["newest_bar"] == time
        rows = {row["symbol"]: row for row in published["volume"]}
        quote = {name: value for name, value in rows.get("S1", {}).items() if name != "rank"}
        assert found["quotes"] == ({"S1": quote} if quote else {})


def test_only_what_is_wanted_is_sent(past: Gateway, day: MadeDay) -> None:
    time = [*day.published][20]
    path = f"/api/past?at={iso(time)}&boards=volume&limit=2&fields=close,volume_1m"

    rows = answered(past, path)["boards"]["volume"]

    whole = json.loads(day.published[time]["volume"])[:2]
    assert rows == [
        {name: row[name] for name in ("rank", "symbol", "close")} | {"volume_1m": None} for row in whole
    ]
    # And nothing again
    tag = past.get(path).headers["etag"]
    assert past.get(path, {"If-None-Match": tag}).status_code == 304


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
def test_what_cannot_be_answered_is_named(past: Gateway, query: str, code: int, parameter: str | None) -> None:
    answer = past.get(f"/api/past?{query}")
    assert (answer.status_code, answer.json().get("parameter")) == (code, parameter)


def test_days_say_what_can_be_looked_at(past: Gateway, gateway: Gateway, day: MadeDay) -> None:
    [found] = answered(past, "/api/days")["days"]

    assert (found["day"], found["from"] // 1000) == (f"{TODAY}", min(day.published) // 1000)
    assert found["to"] // 1000 == max(day.published) // 1000
    assert answered(past, f"/api/past?at={iso(found['to'])}&boards=volume")["boards"]["volume"]
    # And where nothing is recorded that is said
    for path in ("/api/days", f"/api/past?at={iso(found['to'])}"):
        assert gateway.get(path).status_code == 404


def test_candles_know_nothing_of_what_came_later(past: Gateway, day: MadeDay) -> None:
    # Given a symbol that traded in every other second
    candles = answered(past, f"/api/candles/S1?at={iso(at('09:30:05'))}")

    assert candles["day"] == f"{TODAY}"
    assert [candle["time"] for candle in candles["candles"]] == [at("09:29:00"), at("09:30:00")]
    assert [candle["volume"] for candle in candles["candles"]] == [500, 300]
    # And a second that has not come is refused, as are two days at once
    for query, parameter in (("at=2099-01-01T00:00:00Z", "at"), (f"day={TODAY}&at=2026-11-20T09:30:05", "day")):
        answer = past.get(f"/api/candles/S1?{query}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_a_run_of_seconds_is_what_each_of_them_is(past: Gateway, day: MadeDay) -> None:
    wanted = "boards=volume,losers&symbols=S1&limit=3&fields=close"
    times = [*day.published][5:30:5]

    found = answered(past, f"/api/past/run?at={iso(times[0])}&step=5&count=5&{wanted}")["seconds"]

    assert found == [
        {"at": time, "market": answered(past, f"/api/past?at={iso(time)}&{wanted}"), "unknown": ""}
        for time in times
    ]


def test_of_a_run_those_seconds_are_named_that_are_not_known(past: Gateway, day: MadeDay) -> None:
    # Given a run that begins before the day
    first = min(day.published)
    path = f"/api/past/run?at={iso(first - 1_000)}&count=3&boards=volume"
    before, *after = answered(past, path)["seconds"]
    assert (before["market"], before["at"]) == (None, first - 1_000)
    assert "No boards are recorded" in before["unknown"]
    assert [(second["at"], second["unknown"]) for second in after] == [(first, ""), (first + 1_000, "")]


def test_a_run_has_the_seconds_that_are_stored(past: Gateway, day: MadeDay, redis: Redis) -> None:
    # Given bars that are only on the tape from some second on
    times = [*day.published]
    append(redis, 1, events(("A", "09:29:00")))
    append(redis, 2, events(("A", "09:29:53")))

    # When a run reaches beyond it, then it ends before it, and one that begins there has to wait
    found = answered(past, f"/api/past/run?at={iso(times[0])}&count=9")["seconds"]
    assert 0 < len(found) < 9
    answer = past.get(f"/api/past/run?at={iso(times[9])}&count=2")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("step=0", "step"),
        ("count=13", "count"),
        ("count=12&boards=" + ",".join(f"b{n}" for n in range(12)), "count"),
    ],
)
def test_a_run_has_an_end(past: Gateway, query: str, parameter: str) -> None:
    answer = past.get(f"/api/past/run?at=2026-11-20T09:30:00&{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_sparklines_know_nothing_of_what_came_later(past: Gateway, day: MadeDay) -> None:
    time = at("09:30:07")
    found = answered(past, f"/api/sparklines?symbols=S1,NONE&at={iso(time)}")

    rows = {row["symbol"]: row for row in json.loads(day.published[time]["volume"])}
    assert found["closes"] == {"S1": [rows["S1"]["close"]]}
    assert (found["start"], found["session"]) == (at("09:30:00"), {"day": f"{TODAY}", "phase": "regular"})


def test_moves_are_compared_with_the_ranks_of_a_minute_before(
    tmp_path: Path, redis_server: RedisServer, redis: Redis
) -> None:
    # Given a day of a hundred seconds
    day = made_day(tmp_path / "history", 100)
    gateway = Gateway(tmp_path, HISTORY_DIR=str(day.history))
    try:
        # Then ranks are those of a minute before
        time = at("09:31:20")
        found = answered(gateway, f"/api/boards/volume/moves?at={iso(time)}")
        before = json.loads(day.published[time - 60_000]["volume"])
        assert found["ranks"] == {row["symbol"]: row["rank"] for row in before}
        assert found["published_at"] // 1_000 == (time - 60_000) // 1_000

        # And of another session, or where nothing was recorded then, they are not known
        for clock in ("09:30:50", "09:30:10"):
            found = answered(gateway, f"/api/boards/volume/moves?at={iso(at(clock))}")
            assert (found["published_at"], found["ranks"]) == (None, {})
        assert gateway.get(f"/api/boards/none/moves?at={iso(time)}").status_code == 404
    finally:
        gateway.stop()


_SECOND = f"at={iso(at('09:30:01'))}&boards=losers&symbols=S1"


@pytest.mark.parametrize(
    "path",
    [
        "/api/days",
        f"/api/past?{_SECOND}",
        f"/api/past/run?{_SECOND}&count=2",
        f"/api/sparklines?symbols=S1&at={iso(at('09:30:01'))}",
    ],
)
def test_answers_are_as_described(past: Gateway, path: str) -> None:
    description = past.get("/openapi.json").json()
    operation = description["paths"][path.partition("?")[0]]["get"]
    content = operation["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": description["components"]}
    Draft202012Validator(schema).validate(answered(past, path))
