"""A board or screen as it was published at a second of a recorded day."""

import csv
import io
import json

import pytest
from jsonschema import Draft202012Validator
from redis import Redis

from tests.support.history.entries import events
from tests.support.history.tape import append
from tests.support.made_day import MadeDay
from tests.support.market import TODAY, at, iso
from tests.support.watch.gateways import Gateway, answered


@pytest.fixture(autouse=True)
def emptied(redis: Redis) -> None:
    """Redis is empty: nothing is on the tape."""


def test_rows_are_those_that_were_published(past: Gateway, day: MadeDay) -> None:
    for time in list(day.published)[::8]:
        for name, published in day.published[time].items():
            answer = answered(past, f"/api/boards/{name}?at={iso(time)}")
            assert answer["rows"] == json.loads(published)
            assert (answer["board"], answer["published_at"] // 1000) == (name, time // 1000)
            phase = "regular" if time >= at("09:30:01") else "pre"
            assert answer["session"] == {"day": f"{TODAY}", "phase": phase}


def test_rows_are_chosen_as_those_of_now(past: Gateway, day: MadeDay) -> None:
    time = list(day.published)[20]
    rows = json.loads(day.published[time]["volume"])

    # Given a part of the rows, as JSON and as CSV
    chosen = answered(past, f"/api/boards/volume?at={iso(time)}&offset=1&limit=2&fields=close")["rows"]
    expected = [{name: row[name] for name in ("rank", "symbol", "close")} for row in rows[1:3]]
    assert chosen == expected
    text = past.get(f"/api/boards/volume.csv?at={iso(time)}&offset=1&limit=2&fields=close").text
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[0] == ["rank", "symbol", "close"]
    assert [line[1] for line in lines[1:]] == [row["symbol"] for row in expected]

    # Then the answer is not sent again
    path = f"/api/boards/volume?at={iso(time)}"
    tag = past.get(path).headers["etag"]
    assert past.get(path, {"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("moment", ["now", "2026-11-20", "", "2099-01-01T00:00:00Z"])
def test_a_wrong_moment_is_named(past: Gateway, moment: str) -> None:
    answer = past.get(f"/api/boards/gainers?at={moment}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "at")


def test_what_is_not_known_is_said(past: Gateway, gateway: Gateway, day: MadeDay, redis: Redis) -> None:
    known = iso(list(day.published)[5])
    for asked, path in (
        (past, "gainers?at=2026-11-20T09:00:00"),
        (past, "gainers?at=2026-11-19T09:31:00"),
        (past, f"unheard_of?at={known}"),
        (gateway, f"gainers?at={known}"),
    ):
        answer = asked.get(f"/api/boards/{path}")
        assert (answer.status_code, answer.json().keys()) == (404, {"error"})

    # And a second of which something is only on the tape
    append(redis, 1, events(("A", "09:29:00")))
    append(redis, 2, events(("A", "09:29:50")))
    answer = past.get(f"/api/boards/gainers?at={known}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(("query", "code"), [("", 200), ("&limit=0", 422), ("x", 400)])
def test_answers_are_as_described(past: Gateway, day: MadeDay, query: str, code: int) -> None:
    description = past.get("/openapi.json").json()
    content = description["paths"]["/api/boards/{name}"]["get"]["responses"][str(code)]["content"]
    schema = {**content["application/json"]["schema"], "components": description["components"]}
    answer = past.get(f"/api/boards/gainers?at={iso(list(day.published)[5])}{query}")
    assert answer.status_code == code
    Draft202012Validator(schema).validate(answer.json())
