"""A board or screen as it was published at a second of a recorded day."""

import csv
import io
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
from tests.support.history.entries import events
from tests.support.history.tape import append
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


def answered(gateway: Gateway, name: str, query: str) -> Any:
    answer = gateway.get(f"/api/boards/{name}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_rows_are_those_that_were_published(recording: Gateway, day: MadeDay) -> None:
    for time in list(day.published)[::8]:
        for name, published in day.published[time].items():
            answer = answered(recording, name, f"at={iso(time)}")
            assert answer["rows"] == json.loads(published)
            assert (answer["board"], answer["published_at"] // 1000) == (name, time // 1000)
            phase = "regular" if time >= at("09:30:01") else "pre"
            assert answer["session"] == {"day": f"{TODAY}", "phase": phase}


def test_rows_are_chosen_as_those_of_now(recording: Gateway, day: MadeDay) -> None:
    time = list(day.published)[20]
    rows = json.loads(day.published[time]["volume"])

    # Given a part of the rows, as JSON and as CSV
    chosen = answered(recording, "volume", f"at={iso(time)}&offset=1&limit=2&fields=close")["rows"]
    expected = [{name: row[name] for name in ("rank", "symbol", "close")} for row in rows[1:3]]
    assert chosen == expected
    text = recording.get(f"/api/boards/volume.csv?at={iso(time)}&offset=1&limit=2&fields=close").text
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[0] == ["rank", "symbol", "close"]
    assert [line[1] for line in lines[1:]] == [row["symbol"] for row in expected]

    # Then the answer is not sent again
    path = f"/api/boards/volume?at={iso(time)}"
    tag = recording.get(path).headers["etag"]
    assert recording.get(path, {"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("moment", ["now", "2026-11-20", "", "2099-01-01T00:00:00Z"])
def test_a_wrong_moment_is_named(recording: Gateway, moment: str) -> None:
    answer = recording.get(f"/api/boards/gainers?at={moment}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "at")


def test_what_is_not_known_is_said(recording: Gateway, gateway: Gateway, day: MadeDay, redis: Redis) -> None:
    known = iso(list(day.published)[5])
    for asked, path in (
        (recording, "gainers?at=2026-11-20T09:00:00"),
        (recording, "gainers?at=2026-11-19T09:31:00"),
        (recording, f"unheard_of?at={known}"),
        (gateway, f"gainers?at={known}"),
    ):
        answer = asked.get(f"/api/boards/{path}")
        assert (answer.status_code, answer.json().keys()) == (404, {"error"})

    # And a second of which something is only on the tape
    append(redis, 1, events(("A", "09:29:00")))
    append(redis, 2, events(("A", "09:29:50")))
    answer = recording.get(f"/api/boards/gainers?at={known}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(("query", "code"), [("", 200), ("&limit=0", 422), ("x", 400)])
def test_answers_are_as_described(recording: Gateway, day: MadeDay, query: str, code: int) -> None:
    description = recording.get("/openapi.json").json()
    content = description["paths"]["/api/boards/{name}"]["get"]["responses"][str(code)]["content"]
    schema = {**content["application/json"]["schema"], "components": description["components"]}
    answer = recording.get(f"/api/boards/gainers?at={iso(list(day.published)[5])}{query}")
    assert answer.status_code == code
    Draft202012Validator(schema).validate(answer.json())
