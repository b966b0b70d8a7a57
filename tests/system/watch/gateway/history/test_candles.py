"""Candles over HTTP and on the WebSocket, of recorded bars and of those on the tape."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from redis import Redis
from websockets.sync.client import ClientConnection

from leaderboard import keys
from leaderboard.sessions import session_of
from tests.support.history.entries import events
from tests.support.history.tape import append
from tests.support.market import TODAY, at
from tests.support.watch.gateways import Gateway, ask, received, subscribe

PATH = "/api/candles/A"


@pytest.fixture(autouse=True)
def emptied(redis: Redis, recording: Gateway) -> None:
    """Redis is empty, and the gateway has seen that: else bars of the test before might count."""
    redis.set(keys.SESSION, session_of(at("09:31:00")).number)
    assert recording.get("/api/candles/NONE").status_code == 200
    redis.delete(keys.SESSION)


def candles(gateway: Gateway, path: str) -> list[tuple[int, float]]:
    """Times and volumes."""
    answer = gateway.get(path)
    assert answer.status_code == 200, answer.text
    return [(candle["time"], candle["volume"]) for candle in answer.json()["candles"]]


def test_a_recorded_day_has_candles(recording: Gateway) -> None:
    day = f"day={TODAY}"
    assert candles(recording, f"{PATH}?{day}") == [(at("09:31:00"), 200.0), (at("09:32:00"), 100.0)]
    assert candles(recording, f"{PATH}?{day}&interval=15m") == [(at("09:30:00"), 300.0)]
    assert candles(recording, f"/api/candles/NONE?{day}") == []
    lines = recording.get(f"{PATH}.csv?{day}").text.splitlines()
    assert lines == [
        "time,open,high,low,close,volume,vwap,day_vwap",
        f"{at('09:31:00')},10.0,10.0,10.0,10.0,200.0,10.0,0.0",
        f"{at('09:32:00')},10.0,10.0,10.0,10.0,100.0,10.0,0.0",
    ]
    assert recording.get(f"{PATH}?{day}", {"Accept": "text/csv"}).text.splitlines() == lines


def test_an_answer_is_not_sent_again_while_it_is_the_same(recording: Gateway) -> None:
    tag = recording.get(f"{PATH}?day={TODAY}").headers["etag"]
    again = recording.get(f"{PATH}?day={TODAY}", {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert recording.get(f"{PATH}?day={TODAY}&interval=5m", {"If-None-Match": tag}).status_code == 200


def test_candles_of_today_are_up_to_now(recording: Gateway, redis: Redis) -> None:
    # Given a tape with a bar that is stored as well, newer ones, one that did not count, and one of another symbol
    append(redis, 4, events(("A", "09:32:00")))
    append(redis, 6, events(("A", "09:32:01"), ("A", "09:32:02")), "AE")
    append(redis, 8, events(("B", "09:33:00"), ("A", "09:33:00")))
    expected = [(at("09:31:00"), 200.0), (at("09:32:00"), 200.0), (at("09:33:00"), 100.0)]
    assert candles(recording, PATH) == expected

    # And the answer tells whether somebody records
    assert recording.get(PATH).json()["is_recorded"] is False
    redis.set(keys.RECORDING, 1)
    assert recording.get(PATH).json()["is_recorded"] is True

    # When more comes, then it is there at once, also a late bar of an earlier minute
    append(redis, 10, events(("A", "09:33:05"), ("A", "09:31:30")))
    expected = [(at("09:31:00"), 300.0), (at("09:32:00"), 200.0), (at("09:33:00"), 200.0)]
    assert candles(recording, PATH) == expected

    # And the recorder may remove from the tape what it has stored, without any effect
    redis.xtrim(keys.TAPE, minid="10-0", approximate=False)
    assert candles(recording, PATH) == expected

    # And after Redis has lost its data, what is left counts
    redis.flushall()
    append(redis, 2, events(("A", "09:34:00")))
    assert candles(recording, PATH) == [(at("09:31:00"), 200.0), (at("09:32:00"), 100.0), (at("09:34:00"), 100.0)]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("interval=2m", "interval"),
        ("interval=1m&interval=5m", "interval"),
        ("day=today", "day"),
        ("day=20261120", "day"),
        ("day=2026-02-30", "day"),
        ("day=9999-12-31", "day"),
        ("since=2026-11-20", "since"),
        ("day=" + "1" * 3_000, "day"),
    ],
)
def test_a_wrong_parameter_is_named(recording: Gateway, query: str, parameter: str) -> None:
    answer = recording.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_what_is_not_there_is_said(gateway: Gateway, recording: Gateway, redis: Redis) -> None:
    wrong = recording.get("/api/candles/A%20B")
    assert (wrong.status_code, wrong.json()["parameter"]) == (400, "symbol")
    for asked, path, error in (
        (recording, f"{PATH}?day=2026-11-19", "nothing is recorded of 2026-11-19"),
        (recording, PATH, "no day has begun yet"),
        (gateway, PATH, "no history is recorded here: HISTORY_DIR is not set"),
    ):
        answer = asked.get(path)
        assert (answer.status_code, answer.json()) == (404, {"error": error})


@pytest.mark.parametrize(("query", "code"), [(f"day={TODAY}", 200), ("day=2026-11-19", 404), ("day=x", 400)])
def test_answers_are_as_described(recording: Gateway, query: str, code: int) -> None:
    description = recording.get("/openapi.json").json()
    content = description["paths"]["/api/candles/{symbol}"]["get"]["responses"][str(code)]["content"]
    schema = {**content["application/json"]["schema"], "components": description["components"]}
    answer = recording.get(f"{PATH}?{query}")
    assert answer.status_code == code
    Draft202012Validator(schema).validate(answer.json())


# --- live


def live(client: ClientConnection) -> list[tuple[int, float]]:
    """Times and volumes of the candles in the next message."""
    message: dict[str, Any] = json.loads(received(client))
    assert (message["symbol"], message["interval"]) == ("A", "1m")
    return [(candle["time"], candle["volume"]) for candle in message["candles"]]


def test_the_last_candle_comes_while_it_changes(recording: Gateway, redis: Redis) -> None:
    # Given a tape with a bar beyond those that are stored, and a client that is subscribed
    append(redis, 6, events(("A", "09:32:01"), ("B", "09:32:01")))
    with recording.connect() as client:
        subscribe(client, "candles:A")
        # Then it is sent the newest candle, with the stored bars of its minute
        assert live(client) == [(at("09:32:00"), 200.0)]

        # When bars come, then the candles that they change, once for all bars of a second
        append(redis, 8, events(("A", "09:32:59"), ("A", "09:33:00")))
        assert live(client) == [(at("09:32:00"), 300.0), (at("09:33:00"), 100.0)]

        # And so do those of a bar that is late, with the bars of its minute that are stored
        append(redis, 9, events(("A", "09:31:30")))
        assert live(client) == [(at("09:31:00"), 300.0)]

        # And another client begins with the newest; in envelopes, if it wants them
        with recording.connect() as other:
            ask(other, {"action": "hello", "envelope": True})
            subscribe(other, "candles:A")
            envelope = json.loads(received(other))
            assert envelope["feed"] == "candles:A"
            assert [candle["time"] for candle in envelope["data"]["candles"]] == [at("09:33:00")]

        # And who has unsubscribed is sent nothing
        assert ask(client, {"action": "unsubscribe", "feed": "candles:A"})["status"] == "unsubscribed"


@pytest.mark.slow
def test_a_new_day_begins_anew(recording: Gateway, redis: Redis) -> None:
    append(redis, 6, events(("A", "09:32:01")))
    with recording.connect() as client:
        subscribe(client, "candles:A")
        assert live(client) == [(at("09:32:00"), 200.0)]
        monday = TODAY.replace(day=23)
        later = at("09:31:00", monday)
        [event] = events(("A", "09:31:00"))
        append(redis, 7, [replace(event, start_timestamp=later, end_timestamp=later + 1_000)])
        assert live(client) == [(at("09:31:00", monday), 100.0)]


@pytest.mark.parametrize("feed", ["candles:", "candles:*", "candles:A B", "candles:A:5m"])
def test_candles_are_of_one_symbol(recording: Gateway, redis: Redis, feed: str) -> None:
    with recording.connect() as client:
        assert ask(client, {"action": "subscribe", "feed": feed})["status"] == "error"
        assert ask(client, {"action": "subscribe", "feed": "candles:A", "mode": "delta"})["status"] == "error"


def test_without_history_there_are_none(watcher: ClientConnection) -> None:
    answer = ask(watcher, {"action": "subscribe", "feed": "candles:A"})
    assert answer == {"status": "error", "message": "no history is recorded here, so there are no candles"}
