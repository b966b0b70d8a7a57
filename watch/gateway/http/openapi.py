"""The OpenAPI description of the HTTP endpoints."""

from typing import Any

from leaderboard.boards import BOARDS, Holds, Order
from leaderboard.row import FIELDS
from leaderboard.sessions import Hours
from watch.gateway.http.board_filter import BoardFilter

_JSON = "application/json"

_NUMBER = {"type": "number"}
_TEXT = {"type": "string"}
_MILLISECONDS = {"type": "integer", "description": "Unix milliseconds"}


def _time_of_day(ending: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": f"HH:MM in New York at which {ending} of the day end"}


_SCHEMAS: dict[str, Any] = {
    "Quote": {
        "type": "object",
        "description": "A symbol's row. Prices and changes are in dollars, volumes and the float in shares, "
        "timestamps in Unix milliseconds.",
        "properties": {field: _TEXT if field == "symbol" else _NUMBER for field in FIELDS},
        "required": list(FIELDS),
    },
    "RankedQuote": {
        "allOf": [
            {"$ref": "#/components/schemas/Quote"},
            {
                "type": "object",
                "properties": {"rank": {"type": "integer", "minimum": 1}},
                "required": ["rank"],
            },
        ]
    },
    "Session": {
        "description": "What the boards show; null before the first bar.",
        "type": ["object", "null"],
        "properties": {
            "day": {"type": "string", "format": "date"},
            "phase": {"enum": ["pre", "regular"]},
        },
        "required": ["day", "phase"],
    },
    "Board": {
        "type": "object",
        "properties": {
            "board": {"enum": [board.name for board in BOARDS]},
            "session": {"$ref": "#/components/schemas/Session"},
            "published_at": {"type": ["integer", "null"], "description": "Unix milliseconds"},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/RankedQuote"}},
        },
        "required": ["board", "session", "published_at", "rows"],
    },
    "Boards": {
        "type": "object",
        "properties": {
            "boards": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": _TEXT,
                        "title": _TEXT,
                        "caption": {"type": "string", "description": "What ranks it, in words"},
                        "field": {"enum": list(FIELDS), "description": "Of the row: what ranks it"},
                        "order": {"enum": list(Order)},
                        "holds": {
                            "enum": list(Holds),
                            "description": "Symbols that traded on the day, or in the session",
                        },
                        "conditions": {"type": "array", "items": _TEXT},
                        "change_since": {"enum": ["close", "open"]},
                        "rows": {"type": "integer", "description": "Rows now"},
                    },
                    "required": [
                        "name",
                        "title",
                        "caption",
                        "field",
                        "order",
                        "holds",
                        "conditions",
                        "change_since",
                        "rows",
                    ],
                },
            },
        },
        "required": ["boards"],
    },
    "Status": {
        "type": "object",
        "properties": {
            "session": {"$ref": "#/components/schemas/Session"},
            "published_at": {"type": ["integer", "null"], "description": "Unix milliseconds"},
            "now": _MILLISECONDS,
            "newest_bar": {
                "type": ["integer", "null"],
                "description": "When the newest bar on any board ended, Unix milliseconds",
            },
            "clock": {"enum": ["wall", "events"]},
            "hours": {
                "description": "The hours that the market is in, by its clock",
                "enum": [*Hours, None],
            },
            "close": _time_of_day("the regular hours"),
            "trading_end": _time_of_day("the after hours"),
            "boards": {"type": "array", "items": _TEXT},
        },
        "required": [
            "session",
            "published_at",
            "now",
            "newest_bar",
            "clock",
            "hours",
            "close",
            "trading_end",
            "boards",
        ],
    },
    "Health": {
        "type": "object",
        "properties": {
            "healthy": {"type": "boolean"},
            "parts": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "ok": {"type": "boolean"},
                        "age": {"type": ["number", "null"]},
                        "count": {"type": ["integer", "null"]},
                        "why": {"type": "string", "description": "What is wrong, where that is known"},
                    },
                    "required": ["ok"],
                },
            },
        },
        "required": ["healthy", "parts"],
    },
    "Error": {
        "type": "object",
        "properties": {"error": _TEXT, "parameter": _TEXT},
        "required": ["error"],
    },
}


def _answer(of: str, schema: str, media_type: str = _JSON) -> dict[str, Any]:
    return {"description": of, "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _error(of: str) -> dict[str, Any]:
    return _answer(of, "Error")


def _path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "description": schema["description"],
            # A parameter that is absent is no null.
            "schema": next(each for each in schema["anyOf"] if each != {"type": "null"}),
        }
        for name, schema in BoardFilter.model_json_schema()["properties"].items()
    ]


def _get(summary: str, answer: dict[str, Any], *parameters: dict[str, Any], **errors: str) -> dict[str, Any]:
    responses = {"200": answer} | {code.removeprefix("_"): _error(of) for code, of in errors.items()}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


_KEY = "The key is wrong or missing"
_TOO_OFTEN = "Too many requests, or too many wrong keys, of this address"
_AWAY = "Redis cannot be reached"


def description(*, wants_key: bool) -> dict[str, Any]:
    """The description, OpenAPI 3.1.

    Args:
        wants_key: whether the gateway has a key.
    """
    paths = {
        "/api/boards": _get(
            "The boards: what ranks them, and how many rows they have",
            _answer("Every board", "Boards"),
            _401=_KEY,
            _429=_TOO_OFTEN,
            _503=_AWAY,
        ),
        "/api/boards/{name}": _get(
            "A board as published, filtered",
            _answer("Its rows, best first, with their ranks on the whole board", "Board"),
            _path_parameter("name", {"enum": [board.name for board in BOARDS]}),
            *_query_parameters(),
            _401=_KEY,
            _429=_TOO_OFTEN,
            _404="There is no such board",
            _422="A parameter is wrong: it is named",
            _503=_AWAY,
        ),
        "/api/quotes/{symbol}": _get(
            "The quote of a symbol",
            _answer("The symbol's row", "Quote"),
            _path_parameter("symbol", _TEXT),
            _401=_KEY,
            _429=_TOO_OFTEN,
            _404="Nothing is known of the symbol",
            _422="It is no symbol",
            _503=_AWAY,
        ),
        "/api/status": _get(
            "The session that the boards show, and when they were published",
            _answer("By the clock of Redis", "Status"),
            _401=_KEY,
            _429=_TOO_OFTEN,
            _503=_AWAY,
        ),
        "/healthz": _get("Whether the parts are at work", _answer("All are", "Health")),
        "/metrics": _get(
            "Metrics for Prometheus",
            {"description": "In its text format", "content": {"text/plain": {"schema": _TEXT}}},
            _401=_KEY,
            _429=_TOO_OFTEN,
        ),
    }
    paths["/healthz"]["get"]["responses"]["503"] = _answer("One is not", "Health")
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Leaderboards of the US equity market", "version": "1"},
        "paths": paths,
        "components": {"schemas": _SCHEMAS},
    }
    if wants_key:
        described["components"]["securitySchemes"] = {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
        }
        for path in paths.values():
            path["get"]["security"] = [{"key": []}, {"bearer": []}]
        paths["/healthz"]["get"]["security"] = []
    return described
