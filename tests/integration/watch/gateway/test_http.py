"""The gateway's HTTP endpoints, their description, health and metrics; and who may ask."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from celery import Celery
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from starlette.applications import Starlette
from starlette.datastructures import Headers
from typer.testing import CliRunner

from config.loopback import is_loopback
from config.settings import Settings
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.row import FIELDS
from leaderboard.system import System
from tests.support.gateways import SOON, Gateway, eventually_healthy
from tests.support.market import TODAY, bar, trade_three
from tests.support.processes import Processes
from tests.support.waiting import eventually
from watch.__main__ import app
from watch.gateway.http.origin_check import OriginCheck

KEY = "a key for tests only"
READ_WITH_KEY = ("/api/boards", "/api/boards/gainers", "/api/quotes/AAPL", "/api/status", "/metrics")


@pytest.fixture(scope="module")
def gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway(tmp_path_factory.mktemp("gateway"), GATEWAY_ORIGINS="https://boards.example")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def guarded(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway(tmp_path_factory.mktemp("guarded"), key=KEY)
    yield started
    started.stop()


@pytest.fixture
def market(system: System) -> System:
    trade_three(system)
    eventually(lambda: system.publish().result == "published")
    return system


def symbols(gateway: Gateway, query: str) -> list[str]:
    answer = gateway.get(f"/api/boards/volume?{query}")
    assert answer.status_code == 200, answer.text
    return [row["symbol"] for row in answer.json()["rows"]]


# --- boards and quotes


def test_the_boards_are_listed_as_they_are_declared(gateway: Gateway, market: System, redis: Redis) -> None:
    """Given three symbols that trade, then each board says what ranks it, and how many rows it has now."""
    answer = gateway.get("/api/boards").json()

    published = [json.loads(redis.get(board.scanner) or b"[]") for board in BOARDS]
    assert answer == {
        "boards": [
            {
                "name": board.name,
                "title": board.title,
                "caption": board.caption,
                "field": board.field,
                "order": board.order,
                "holds": board.holds,
                "conditions": [],
                "change_since": board.change_since,
                "rows": len(rows),
            }
            for board, rows in zip(BOARDS, published, strict=True)
        ]
    }
    assert len(published[0]) == 3


def test_a_board_is_told_as_it_was_published(gateway: Gateway, market: System, redis: Redis) -> None:
    answer = gateway.get("/api/boards/gainers").json()

    assert answer["board"] == "gainers"
    assert answer["session"] == {"day": TODAY.isoformat(), "phase": "regular"}
    assert answer["published_at"] == int(redis.hget(keys.SNAPSHOT, "published_at") or 0)
    assert answer["rows"] == json.loads(redis.get("scanners:top_gainers") or b"")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["AAPL", "MSFT", "NEW"]),
        ("limit=2", ["AAPL", "MSFT"]),
        ("min_price=5", ["AAPL", "MSFT"]),
        ("min_price=12&max_price=12", ["AAPL"]),
        ("max_float=5000000", ["AAPL"]),
        ("min_relative_volume=5", ["MSFT"]),
        ("min_volume=1000", ["AAPL", "MSFT"]),
        ("max_price=50&limit=1&min_volume=1&min_price=13", ["MSFT"]),
        ("min_volume=1e9", []),
    ],
)
def test_rows_can_be_chosen(gateway: Gateway, market: System, query: str, found: list[str]) -> None:
    assert symbols(gateway, query) == found


def test_chosen_rows_keep_their_ranks(gateway: Gateway, market: System) -> None:
    [row] = gateway.get("/api/boards/volume?min_relative_volume=5").json()["rows"]

    assert (row["rank"], row["symbol"]) == (2, "MSFT")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("min_price=-1", "min_price"),
        ("max_price=nan", "max_price"),
        ("max_float=inf", "max_float"),
        ("min_volume=", "min_volume"),
        ("min_volume=1&min_volume=2", "min_volume"),
        ("maxprice=3", "maxprice"),
    ],
)
def test_a_wrong_parameter_is_named(gateway: Gateway, redis: Redis, query: str, parameter: str) -> None:
    answer = gateway.get(f"/api/boards/volume?{query}")

    assert answer.status_code == 422
    assert answer.json()["parameter"] == parameter
    assert parameter in answer.json()["error"]


def test_a_board_before_its_first_snapshot_is_empty(gateway: Gateway, redis: Redis) -> None:
    answer = gateway.get("/api/boards/gainers")

    assert answer.json() == {"board": "gainers", "session": None, "published_at": None, "rows": []}
    assert gateway.get("/api/boards/losers").status_code == 404


def test_many_may_ask_at_once(gateway: Gateway, market: System) -> None:
    async def codes() -> list[int]:
        # When more ask at once than there are connections to Redis
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=gateway.url, timeout=SOON, trust_env=False, limits=limits) as client:
            answers = await asyncio.gather(*(client.get("/api/boards/gainers") for _ in range(300)))
        return [answer.status_code for answer in answers]

    # Then all are answered
    assert set(asyncio.run(codes())) == {200}


def test_a_quote_is_told_as_it_was_stored(gateway: Gateway, market: System, redis: Redis) -> None:
    assert gateway.get("/api/quotes/AAPL").content == redis.get("quote:AAPL")
    assert gateway.get("/api/quotes/NONE").status_code == 404
    redis.set("quote:X/Y", "{}")
    assert gateway.get("/api/quotes/X%2FY").json() == {}
    for no_symbol in ("A%20B", "*", "A%00", "%0A", "A" * 25):
        answer = gateway.get(f"/api/quotes/{no_symbol}")
        assert (answer.status_code, answer.json()["parameter"]) == (422, "symbol")


def test_the_status_tells_session_and_time(gateway: Gateway, market: System, redis: Redis) -> None:
    told = gateway.get("/api/status").json()

    seconds, _ = redis.time()
    assert told["session"] == {"day": TODAY.isoformat(), "phase": "regular"}
    assert 0 <= told["now"] - told["published_at"] < 10_000
    assert abs(told["now"] - seconds * 1000) < 5_000
    assert told["clock"] == "events"
    assert told["boards"] == [board.name for board in BOARDS]


def test_the_status_tells_the_hours_of_an_early_close(gateway: Gateway, system: System) -> None:
    day = date(2026, 11, 27)
    expected = {"09:00:00": "pre", "12:59:00": "regular", "13:30:00": "post", "17:00:00": "closed"}
    for clock, hours in expected.items():
        # Given a market that has come to a time of a day that closes at 13:00
        system.process([bar("AAPL", clock, day)])
        eventually(lambda: system.publish().result == "published")

        # Then the status names its hours, and the session stays what it was to those who know no more of it
        told = gateway.get("/api/status").json()
        assert (told["hours"], told["close"], told["trading_end"]) == (hours, "13:00", "17:00")
        assert told["session"] == {"day": "2026-11-27", "phase": "pre" if hours == "pre" else "regular"}


def test_without_a_session_there_are_no_hours(gateway: Gateway, redis: Redis) -> None:
    told = gateway.get("/api/status").json()

    assert [told[each] for each in ("session", "hours", "close", "trading_end")] == [None] * 4


# --- the page


def test_the_page_may_load_only_what_is_its_own(gateway: Gateway) -> None:
    answer = gateway.get("/")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {*policy.values()} == {"'none'", "'self'"}
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_served_with_what_is_declared(gateway: Gateway) -> None:
    answer = gateway.get("/")

    found = re.search(r'<script id="declarations" type="application/json">(.*)</script>', answer.text)
    assert found
    declared = json.loads(found[1])
    assert [board["feed"] for board in declared["boards"]] == [board.scanner for board in BOARDS]
    assert ["symbol", *(field["name"] for field in declared["fields"])] == list(FIELDS)

    # And it is sent again only where it has changed
    assert gateway.get("/", {"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert gateway.get("/index.html", {"If-None-Match": '"another"'}).text == answer.text


@pytest.mark.parametrize("path", ["/none.js", "/../gateway/server.py", "/..%2f..%2fconfig.py", "/api/none"])
def test_there_is_nothing_beside_the_page(gateway: Gateway, path: str) -> None:
    assert gateway.get(path).status_code == 404


# --- the description


def described(gateway: Gateway) -> dict[str, Any]:
    answer: dict[str, Any] = gateway.get("/openapi.json").json()
    return answer


def schema_of(description: dict[str, Any], path: str, code: int) -> dict[str, Any]:
    """A schema that stands by itself."""
    content = description["paths"][path]["get"]["responses"][str(code)]["content"]["application/json"]
    return {**content["schema"], "components": description["components"]}


@pytest.mark.parametrize(
    ("path", "asked", "code"),
    [
        ("/api/boards", "/api/boards", 200),
        ("/api/boards/{name}", "/api/boards/gainers", 200),
        ("/api/boards/{name}", "/api/boards/none", 404),
        ("/api/boards/{name}", "/api/boards/gainers?limit=x", 422),
        ("/api/quotes/{symbol}", "/api/quotes/AAPL", 200),
        ("/api/quotes/{symbol}", "/api/quotes/NONE", 404),
        ("/api/quotes/{symbol}", "/api/quotes/A%20B", 422),
        ("/api/status", "/api/status", 200),
    ],
)
def test_answers_are_as_described(gateway: Gateway, market: System, path: str, asked: str, code: int) -> None:
    """Given the description, then what each endpoint answers is valid by it."""
    answer = gateway.get(asked)

    assert answer.status_code == code
    Draft202012Validator(schema_of(described(gateway), path, code)).validate(answer.json())


def test_health_is_as_described(gateway: Gateway, redis: Redis) -> None:
    answer = gateway.get("/healthz")

    Draft202012Validator(schema_of(described(gateway), "/healthz", answer.status_code)).validate(answer.json())


def test_the_description_is_sound(gateway: Gateway) -> None:
    """Given the description, then its schemas are JSON Schema, and each parameter of a path is described."""
    description = described(gateway)

    assert description["openapi"] == "3.1.0"
    for schema in description["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for path, operations in description["paths"].items():
        parameters = operations["get"]["parameters"]
        assert {each["name"] for each in parameters if each["in"] == "path"} == {
            part[1:-1] for part in path.split("/") if part.startswith("{")
        }
        for each in parameters:
            Draft202012Validator.check_schema(each["schema"])
        for response in operations["get"]["responses"].values():
            assert response["description"]


def test_a_key_is_described_where_there_is_one(gateway: Gateway, guarded: Gateway) -> None:
    assert "securitySchemes" not in described(gateway)["components"]
    guarded_description = described(guarded)
    for path, operations in guarded_description["paths"].items():
        names = {name for each in operations["get"]["security"] for name in each}
        assert names <= guarded_description["components"]["securitySchemes"].keys()
        assert bool(names) is (path != "/healthz")


# --- health and metrics


def test_health_tells_which_part_is_not_at_work(
    gateway: Gateway, market: System, redis: Redis, processes: Processes
) -> None:
    # Given a market with a worker, whose clock has just ticked
    eventually_healthy(gateway, "workers", ok=False)
    processes.worker("aggs")
    eventually_healthy(gateway, "workers", ok=True)
    assert gateway.get("/healthz").json()["parts"]["workers"]["count"] == 1
    system = market
    eventually(lambda: system.publish().result == "unchanged")
    eventually_healthy(gateway, "clock", ok=True)
    eventually(lambda: (answer := gateway.get("/healthz")).status_code == 200 and answer.json()["healthy"])

    # When nobody comes to publish any more
    redis.hset(keys.SNAPSHOT, "attempted_at", 1)

    # Then that part is not well, and the others are
    eventually_healthy(gateway, "clock", ok=False)
    answer = gateway.get("/healthz")
    assert (answer.status_code, answer.json()["healthy"]) == (503, False)
    assert [name for name, part in answer.json()["parts"].items() if not part["ok"]] == ["clock"]


def test_changes_that_nobody_publishes_are_no_good_health(gateway: Gateway, market: System, redis: Redis) -> None:
    # Given boards that have changed since a snapshot of long ago
    redis.hset(keys.SNAPSHOT, "published_at", 1)
    redis.incr(keys.REVISION)

    # Then the snapshot is not well, and is again when it is published
    eventually_healthy(gateway, "snapshot", ok=False)
    eventually(lambda: market.publish().result == "published")
    eventually_healthy(gateway, "snapshot", ok=True)


def test_bars_that_nobody_takes_are_no_good_health(gateway: Gateway, client: Celery, market: System) -> None:
    # Given bars that wait, and no worker
    eventually_healthy(gateway, "queue", ok=True)
    client.send_task("tasks.process_agg", [bar("AAPL", "09:30:01")], queue="aggs")

    # Then before long the queue is not well
    eventually_healthy(gateway, "queue", ok=False)

    # And when bars are processed again, it is
    market.process([bar("AAPL", "09:30:02")])
    eventually_healthy(gateway, "queue", ok=True)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (keys.RECORDS, "hash"),
        (keys.DEAD, "stream"),
        (keys.REFERENCE_WANTED, "set"),
        (keys.board("gainers"), "zset"),
    ],
)
def test_health_names_a_key_of_another_type(gateway: Gateway, redis: Redis, key: str, kind: str) -> None:
    # Given a gateway whose keys are well, and then one of another type
    eventually_healthy(gateway, "keys", ok=True)
    redis.delete(key)
    redis.set(key, "somebody else's")

    # Then it is named
    eventually_healthy(gateway, "keys", ok=False)
    assert gateway.get("/healthz").json()["parts"]["keys"]["why"] == f"{key} is of type string, not {kind}"

    # And all is well again without it
    redis.delete(key)
    eventually_healthy(gateway, "keys", ok=True)


def test_metrics_are_those_of_the_whole_cluster(gateway: Gateway, client: Celery, market: System) -> None:
    # Given bars of all kinds, one published board, and two bars that wait
    market.process(
        [bar("AAPL", "09:29:00"), bar("AAPL", "09:29:00"), bar("A", "12:00:00", TODAY.replace(day=19)), {}]
    )
    for _ in range(2):
        client.send_task("tasks.process_agg", [bar("AAPL", "09:30:01")], queue="aggs")

    def told() -> dict[str, float]:
        families = text_string_to_metric_families(gateway.get("/metrics").text)
        return {sample.name: sample.value for family in families for sample in family.samples}

    # Then Prometheus is told of them
    eventually(lambda: {"lba_queue_waiting": 2, "lba_processed_total": 7}.items() <= told().items())
    metrics = told()
    assert metrics["lba_applied_total"] + metrics["lba_stale_total"] == 5
    assert metrics["lba_late_total"] == 1
    assert metrics["lba_dead_total"] == 1
    assert metrics["lba_published_total"] == 1
    assert metrics["lba_queue_unacked"] == 0
    assert metrics["lba_symbols"] == 3
    assert metrics["lba_symbols_refused_total"] == 0
    assert metrics["lba_redis_up"] == metrics["lba_broker_up"] == metrics["gateway_subscription_up"] == 1
    assert 0 <= metrics["lba_snapshot_age_seconds"] < 60
    assert metrics["lba_lag_seconds_count"] >= 0
    assert metrics["gateway_clients"] == 0
    assert metrics["process_resident_memory_bytes"] > 0


def test_all_is_told_while_memory_is_full(
    gateway: Gateway, client: Celery, market: System, full: Callable[[], None]
) -> None:
    # Given a backlog, and then no memory in either Redis
    for _ in range(2):
        client.send_task("tasks.process_agg", [bar("AAPL", "09:31:00")], queue="aggs")
    full()

    # Then boards, quotes, health and metrics are told as before
    assert symbols(gateway, "limit=2") == ["AAPL", "MSFT"]
    assert gateway.get("/api/quotes/AAPL").status_code == 200
    eventually(lambda: "lba_queue_waiting 2.0" in gateway.get("/metrics").text)
    metrics = gateway.get("/metrics").text
    assert "lba_redis_up 1.0" in metrics
    assert "lba_broker_up 1.0" in metrics


# --- who may ask


@pytest.mark.parametrize("path", READ_WITH_KEY)
def test_with_a_key_set_nothing_is_told_without_it(guarded: Gateway, market: System, path: str) -> None:
    for headers in ({}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {KEY}"}):
        answer = guarded.get(path, headers)
        assert answer.status_code == 401
        assert answer.json() == {"error": "the key is wrong or missing"}
    for headers in ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}):
        assert guarded.get(path, headers).status_code == 200


def test_page_and_health_need_no_key(guarded: Gateway, market: System) -> None:
    assert guarded.get("/").status_code == 200
    assert guarded.get("/healthz").json().keys() == {"healthy", "parts"}


def test_the_key_is_not_logged(guarded: Gateway, redis: Redis) -> None:
    guarded.get("/api/status", {"X-API-Key": KEY})

    assert KEY not in guarded.log


def test_listed_origins_may_ask_and_others_may_not(gateway: Gateway, redis: Redis) -> None:
    listed = gateway.get("/api/status", {"Origin": "https://boards.example"})
    other = gateway.get("/api/status", {"Origin": "https://evil.example"})
    renamed = gateway.get("/api/status", {"Host": "evil.example"})

    assert listed.headers["access-control-allow-origin"] == "https://boards.example"
    assert (other.status_code, renamed.status_code) == (403, 403)
    assert "evil.example" in other.json()["error"]


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
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_the_network(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_the_network_is_not_served_without_a_key() -> None:
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])

    assert result.exit_code == 1
    assert "GATEWAY_API_KEY" in result.output


@pytest.mark.parametrize("origins", ["boards.example", "https://", "https://boards.example/page", "*"])
def test_what_is_no_origin_is_refused(origins: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        Settings(gateway_origins=origins)
