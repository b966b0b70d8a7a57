"""Alerts over HTTP, and the newest of them by the WebSocket."""

from typing import Any

import pytest
from redis import Redis
from websockets.sync.client import ClientConnection

from leaderboard import keys
from leaderboard.alerts import definition
from leaderboard.alerts.definition import Definition
from leaderboard.alerts.publisher import MOST_KEPT
from tests.support.alerts import AT, alert, fire
from tests.support.watch.gateways import Gateway, ask

RULE = Definition("new-high", "New high", "new_high", ("close >= 1",), ("regular",), 0, 60)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["alerts"]]


@pytest.fixture
def fired(redis: Redis) -> list[str]:
    """The ids of four alerts of three seconds, the newest first."""
    fire(redis, alert("A"), alert("B"))
    fire(redis, alert("A", "spike", AT + 1_000))
    fire(redis, alert("C", "spike", AT + 2_000))
    second = AT // 1000
    return [f"spike:C:{second + 2}", f"spike:A:{second + 1}", f"new-high:B:{second}", f"new-high:A:{second}"]


def test_alerts_come_newest_first_as_they_were_published(gateway: Gateway, redis: Redis, fired: list[str]) -> None:
    answer = gateway.get("/api/alerts")

    assert ids(answer) == fired
    assert answer.json()["complete_since"] is None
    assert answer.json()["alerts"][2] == {
        "id": f"new-high:B:{AT // 1000}",
        "rule": "new-high",
        "symbol": "B",
        "at": AT,
        "text": "B has a new high",
        "row": {"symbol": "B", "close": 10.5},
    }
    # And one that fires is there at once
    fire(redis, alert("D", at=AT + 3_000))
    assert ids(gateway.get("/api/alerts"))[1:] == fired


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("limit=2", [0, 1]),
        ("rule=spike", [0, 1]),
        ("rule=spike&rule=new-high&symbol=A", [1, 3]),
        ("symbol=A&symbol=C", [0, 1, 3]),
        ("symbol=NONE", []),
        # 09:31:08 in New York is the second one's second.
        ("since=2026-11-20T09:31:08", [0, 1]),
        ("until=2026-11-20T14:31:08Z", [1, 2, 3]),
        ("since=2026-11-20T09:31:08&until=2026-11-20T09:31:08", [1]),
    ],
)
def test_a_query_chooses(gateway: Gateway, fired: list[str], query: str, chosen: list[int]) -> None:
    assert ids(gateway.get(f"/api/alerts?{query}")) == [fired[n] for n in chosen]


@pytest.mark.parametrize("parameter", ["since=yesterday", "until=5", "limit=0", "limit=1001", "rules=x"])
def test_a_wrong_parameter_is_named(gateway: Gateway, redis: Redis, parameter: str) -> None:
    answer = gateway.get(f"/api/alerts?{parameter}")

    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter.partition("=")[0]


def test_an_answer_is_sent_again_only_once_it_changes(gateway: Gateway, redis: Redis, fired: list[str]) -> None:
    etag = gateway.get("/api/alerts").headers["etag"]
    assert gateway.get("/api/alerts", {"If-None-Match": etag}).status_code == 304

    fire(redis, alert("D", at=AT + 3_000))

    assert gateway.get("/api/alerts", {"If-None-Match": etag}).status_code == 200


def test_what_is_no_alert_is_left_out(gateway: Gateway, redis: Redis, fired: list[str]) -> None:
    redis.xadd(keys.ALERTS, {"alert": "junk"})
    redis.xadd(keys.ALERTS, {"other": "field"})

    assert ids(gateway.get("/api/alerts")) == fired


def test_a_stream_that_begins_anew_is_read_anew(gateway: Gateway, redis: Redis, fired: list[str]) -> None:
    # Given a gateway that has read alerts
    assert ids(gateway.get("/api/alerts")) == fired
    # When Redis has lost them, and one of an earlier second has fired
    redis.delete(keys.ALERTS)
    fire(redis, alert("E", at=AT - 60_000))
    # Then that is the only one
    assert ids(gateway.get("/api/alerts")) == [f"new-high:E:{AT // 1000 - 60}"]


def test_more_alerts_than_one_command_reads(gateway: Gateway, redis: Redis) -> None:
    fire(redis, *(alert(f"S{n}") for n in range(1_300)))

    assert len(ids(gateway.get("/api/alerts?limit=1000"))) == 1_000
    assert ids(gateway.get("/api/alerts?symbol=S0")) == [f"new-high:S0:{AT // 1000}"]


def test_an_answer_says_from_when_on_it_is_complete(gateway: Gateway, redis: Redis) -> None:
    # Given as many alerts as are kept, of two seconds
    fire(redis, alert("A"), alert("B"))
    fire(redis, *(alert(f"S{n}", at=AT + 1_000) for n in range(MOST_KEPT - 1)))
    redis.xtrim(keys.ALERTS, maxlen=MOST_KEPT, approximate=False)

    # When all of the first second are asked for, then the answer says that there may have been others
    answer = gateway.get("/api/alerts?until=2026-11-20T09:31:07")
    assert ids(answer) == [f"new-high:B:{AT // 1000}"]
    assert answer.json()["complete_since"] == AT + 1


def test_a_key_of_another_type_is_named(gateway: Gateway, redis: Redis) -> None:
    redis.set(keys.ALERTS, "x")

    answer = gateway.get("/api/alerts")

    assert (answer.status_code, answer.json()) == (503, {"error": f"the key {keys.ALERTS} does not hold a stream"})


def test_rules_come_as_they_are_evaluated(gateway: Gateway, redis: Redis) -> None:
    assert gateway.get("/api/alerts/rules").json() == {"rules": []}

    redis.set(keys.ALERT_RULES, definition.encode([RULE]))

    assert gateway.get("/api/alerts/rules").json() == {
        "rules": [
            {
                "name": "new-high",
                "title": "New high",
                "event": "new_high",
                "conditions": ["close >= 1"],
                "hours": ["regular"],
                "hold": 0,
                "cooldown": 60,
            }
        ]
    }
    redis.set(keys.ALERT_RULES, "[{}]")
    assert gateway.get("/api/alerts/rules").status_code == 503


def test_the_newest_can_be_had_by_the_websocket(watcher: ClientConnection, fired: list[str]) -> None:
    answer = ask(watcher, {"action": "get", "cache": "alerts", "limit": 3})

    assert [each["id"] for each in answer["data"]] == fired[:3]
