"""The description of the HTTP endpoints."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from redis import Redis

from leaderboard.system import System
from tests.support.alerts import alert, fire
from tests.support.watch.gateways import Gateway


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
        ("/api/boards/{name}", "/api/boards/gainers?fields=close", 200),
        ("/api/screen", "/api/screen?by=close", 200),
        ("/api/screen", "/api/screen?by=close&hours=pre", 200),
        ("/api/screen", "/api/screen?by=price", 400),
        ("/api/ranks/{symbol}", "/api/ranks/AAPL", 200),
        ("/api/ranks/{symbol}", "/api/ranks/NONE", 404),
        ("/api/ranks/{symbol}", "/api/ranks/A%20B", 400),
        ("/api/boards/{name}/moves", "/api/boards/gainers/moves", 200),
        ("/api/boards/{name}/moves", "/api/boards/none/moves", 404),
        ("/api/quotes", "/api/quotes?symbols=AAPL,NONE", 200),
        ("/api/quotes", "/api/quotes?symbols=A%20B", 400),
        ("/api/sparklines", "/api/sparklines?symbols=AAPL,NONE", 200),
        ("/api/sparklines", "/api/sparklines?symbols=", 400),
        ("/api/quotes/{symbol}", "/api/quotes/AAPL", 200),
        ("/api/quotes/{symbol}", "/api/quotes/NONE", 404),
        ("/api/quotes/{symbol}", "/api/quotes/A%20B", 422),
        ("/api/alerts", "/api/alerts", 200),
        ("/api/alerts", "/api/alerts?since=then", 400),
        ("/api/alerts/rules", "/api/alerts/rules", 200),
        ("/api/status", "/api/status", 200),
        ("/api/calendar", "/api/calendar", 200),
        ("/api/calendar", "/api/calendar?limit=x", 400),
    ],
)
def test_answers_are_as_described(
    gateway: Gateway, market: System, redis: Redis, path: str, asked: str, code: int
) -> None:
    """Given the description, then what each endpoint answers is valid by it."""
    fire(redis, alert("AAPL"))
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
