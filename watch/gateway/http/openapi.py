"""The OpenAPI description of the HTTP endpoints, made from the types of their answers."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from leaderboard.boards import BY_NAME
from leaderboard.fields import FIELDS, NAMES
from watch.field_display import display
from watch.gateway.cluster.health import HealthAnswer
from watch.gateway.http.api import BoardAnswer, BoardsAnswer
from watch.gateway.http.board_filter import BoardFilter
from watch.gateway.http.market_status import StatusAnswer

_SCHEMAS = "#/components/schemas/"
_NUMBER = {"type": "number"}
_TEXT = {"type": "string"}

_INVALID_KEY = {401: "The key is wrong or missing"}
_TOO_OFTEN = {429: "Too many requests, or too many wrong keys, of this address"}
_UNREACHABLE = {503: "Redis cannot be reached"}
_ERRORS = _INVALID_KEY | _TOO_OFTEN | _UNREACHABLE

_SECURITY_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


class ErrorAnswer(Struct):
    """What is wrong, and which parameter is, if one is."""

    error: str
    parameter: str | UnsetType = UNSET


def description(*, requires_key: bool) -> dict[str, Any]:
    """The description, OpenAPI 3.1.

    Args:
        requires_key: whether clients must bring a key.
    """
    paths = _paths()
    components: dict[str, Any] = {"schemas": _schemas()}
    if requires_key:
        components["securitySchemes"] = _SECURITY_SCHEMES
        for path, operations in paths.items():
            needed: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY_SCHEMES]
            operations["get"]["security"] = [] if path == "/healthz" else needed
    return {
        "openapi": "3.1.0",
        "info": {"title": "Leaderboards of the US equity market", "version": "1"},
        "paths": paths,
        "components": components,
    }


def _paths() -> dict[str, dict[str, Any]]:
    paths = {
        "/api/boards": _get(
            "The boards: what ranks them, and how many rows they have",
            _answer("Every board", BoardsAnswer),
            _ERRORS,
        ),
        "/api/boards/{name}": _get(
            "A board as published, filtered",
            _answer("Its rows, best first, with their ranks on the whole board", BoardAnswer),
            _ERRORS | {404: "There is no such board", 422: "A parameter is wrong: it is named"},
            _path_parameter("name", {"enum": list(BY_NAME)}),
            *_query_parameters(),
        ),
        "/api/quotes/{symbol}": _get(
            "The quote of a symbol",
            {"description": "The symbol's row", "content": _json_of("Quote")},
            _ERRORS | {404: "Nothing is known of the symbol", 422: "It is no symbol"},
            _path_parameter("symbol", _TEXT),
        ),
        "/api/status": _get(
            "The session that the boards show, and when they were published",
            _answer("By the clock of Redis", StatusAnswer),
            _ERRORS,
        ),
        "/healthz": _get("Whether the parts are at work", _answer("All are", HealthAnswer), {}),
        "/metrics": _get(
            "Metrics for Prometheus",
            {"description": "In its text format", "content": {"text/plain": {"schema": _TEXT}}},
            _INVALID_KEY | _TOO_OFTEN,
        ),
    }
    paths["/healthz"]["get"]["responses"]["503"] = _answer("One is not", HealthAnswer)
    return paths


def _get(
    summary: str, answer: dict[str, Any], errors: dict[int, str], *parameters: dict[str, Any]
) -> dict[str, Any]:
    responses = {"200": answer} | {str(status): _answer(text, ErrorAnswer) for status, text in errors.items()}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


def _answer(text: str, answer: type[Struct]) -> dict[str, Any]:
    return {"description": text, "content": _json_of(answer.__name__)}


def _json_of(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"{_SCHEMAS}{schema}"}}}


def _path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "description": schema["description"],
            # A parameter is absent, never null.
            "schema": next(each for each in schema["anyOf"] if each != {"type": "null"}),
        }
        for name, schema in BoardFilter.model_json_schema()["properties"].items()
    ]


def _schemas() -> dict[str, Any]:
    answers = (BoardsAnswer, BoardAnswer, StatusAnswer, HealthAnswer, ErrorAnswer)
    _, schemas = msgspec.json.schema_components(answers, ref_template=f"{_SCHEMAS}{{name}}")
    return schemas | {"Quote": _quote_schema(), "RankedQuote": _ranked_quote_schema()}


def _quote_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A symbol's row. Milliseconds are Unix milliseconds.",
        "properties": {
            field.name: (_NUMBER if field.is_number else _TEXT)
            | {"description": f"{display(field.name).meaning}; {field.unit}"}
            for field in FIELDS
        },
        "required": [*NAMES],
    }


def _ranked_quote_schema() -> dict[str, Any]:
    rank = {"type": "object", "properties": {"rank": {"type": "integer", "minimum": 1}}, "required": ["rank"]}
    return {"allOf": [{"$ref": f"{_SCHEMAS}Quote"}, rank]}
