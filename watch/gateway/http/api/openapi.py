"""The OpenAPI description of the HTTP endpoints, made from the types of their answers."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from history.queries.candles import DayCandles
from leaderboard.boards import BY_NAME
from leaderboard.fields import FIELDS, NAMES, WINDOWS
from watch.field_display import display
from watch.gateway.cluster.health import HealthAnswer
from watch.gateway.http.api.alerts import AlertsAnswer, AlertsQuery, RulesAnswer
from watch.gateway.http.api.answers.polled_answer import CSV
from watch.gateway.http.api.boards import BoardAnswer, BoardsAnswer
from watch.gateway.http.api.calendar import CalendarAnswer, CalendarQuery
from watch.gateway.http.api.candles import CandlesQuery
from watch.gateway.http.api.market_status import StatusAnswer
from watch.gateway.http.api.parameters.board_filter import BoardFilter
from watch.gateway.http.api.parameters.screen_query import ScreenQuery
from watch.gateway.http.api.past import DaysAnswer, PastAnswer, PastQuery, PastRunAnswer, PastRunQuery
from watch.gateway.http.api.quotes import QuotesAnswer, QuotesQuery
from watch.gateway.http.api.rank_moves import MovesAnswer, MovesQuery
from watch.gateway.http.api.sparklines import SparklinesAnswer, SparklinesQuery
from watch.gateway.http.api.whole_market import RanksAnswer, ScreenAnswer

_SCHEMAS = "#/components/schemas/"
_NUMBER = {"type": "number"}
_TEXT = {"type": "string"}

_INVALID_KEY = {401: "The key is wrong or missing"}
_TOO_OFTEN = {429: "Too many requests, or too many wrong keys, of this address"}
_UNREACHABLE = {503: "Redis cannot be reached"}
_WRONG_PARAMETER = {400: "A parameter is wrong: it is named"}
_ERRORS = _INVALID_KEY | _TOO_OFTEN | _UNREACHABLE
_AS_CSV = "as CSV if the client accepts text/csv, or if .csv follows"

_SECURITY_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}

_ETAG = {"ETag": {"description": "Of exactly this answer", "schema": _TEXT}}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer that the client has",
    "schema": _TEXT,
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
        **_board_paths(),
        **_quote_paths(),
        **_market_paths(),
        **_alert_paths(),
        **_time_paths(),
        "/healthz": _get("Whether the parts are at work", _answer("All are", HealthAnswer), {}),
        "/metrics": _get(
            "Metrics for Prometheus",
            {"description": "In its text format", "content": {"text/plain": {"schema": _TEXT}}},
            _INVALID_KEY | _TOO_OFTEN,
        ),
    }
    paths["/healthz"]["get"]["responses"]["503"] = _answer("One is not", HealthAnswer)
    return paths


def _board_paths() -> dict[str, dict[str, Any]]:
    return {
        "/api/boards": _get(
            "The boards and screens: what ranks them, and how many rows they have",
            _answer("Every board and screen", BoardsAnswer) | {"headers": _ETAG},
            _ERRORS,
            _IF_NONE_MATCH,
        ),
        "/api/boards/{name}": _get(
            f"A board or screen as published, filtered; {_AS_CSV} the name",
            _polled("Its rows, best first, with their ranks on the whole board", BoardAnswer),
            _ERRORS
            | {
                400: "The parameter at is no time, or in the future",
                404: "There is no such board, or it is not known what was published at that second",
                422: "Another parameter is wrong: it is named",
                503: "Redis cannot be reached, the second is not stored yet, or too many queries wait",
            },
            _path_parameter("name", _TEXT | {"examples": list(BY_NAME)}),
            _IF_NONE_MATCH,
            *BoardFilter.parameters(),
        ),
        "/api/boards/{name}/moves": _get(
            "Where the symbols of a board stood a minute ago, or as long ago as is known of its session",
            _answer("Their ranks", MovesAnswer) | {"headers": _ETAG},
            _ERRORS | _WRONG_PARAMETER | {404: "There is no such board, or that second is not known"},
            _path_parameter("name", _TEXT | {"examples": list(BY_NAME)}),
            _IF_NONE_MATCH,
            *MovesQuery.parameters(),
        ),
    }


def _quote_paths() -> dict[str, dict[str, Any]]:
    return {
        "/api/quotes": _get(
            "The quotes of some symbols",
            _answer("By symbol", QuotesAnswer) | {"headers": _ETAG},
            _ERRORS | _WRONG_PARAMETER,
            _IF_NONE_MATCH,
            *QuotesQuery.parameters(),
        ),
        "/api/sparklines": _get(
            "How the prices of some symbols have moved in the session",
            _answer("By symbol", SparklinesAnswer) | {"headers": _ETAG},
            _ERRORS | _WRONG_PARAMETER | {404: "That second is not known"},
            _IF_NONE_MATCH,
            *SparklinesQuery.parameters(),
        ),
        "/api/quotes/{symbol}": _get(
            "The quote of a symbol",
            {"description": "The symbol's row", "content": _json_of("Quote")},
            _ERRORS | {404: "Nothing is known of the symbol", 422: "It is no symbol"},
            _path_parameter("symbol", _TEXT),
        ),
    }


def _market_paths() -> dict[str, dict[str, Any]]:
    return {
        "/api/screen": _get(
            f"Rows of the whole market that satisfy conditions, ranked; {_AS_CSV} the path",
            _polled("The rows, best first", ScreenAnswer),
            _ERRORS | _WRONG_PARAMETER,
            _IF_NONE_MATCH,
            *ScreenQuery.parameters(),
        ),
        "/api/ranks/{symbol}": _get(
            "The rank of a symbol on each board, also where it is not published",
            _answer("By board", RanksAnswer) | {"headers": _ETAG},
            _ERRORS | _WRONG_PARAMETER | {404: "The symbol has not traded on the day"},
            _path_parameter("symbol", _TEXT),
            _IF_NONE_MATCH,
        ),
        "/api/candles/{symbol}": _get(
            f"The candles of a symbol on a recorded day, today's up to now; {_AS_CSV} the symbol",
            _polled("The candles, the oldest first", DayCandles),
            _ERRORS
            | _WRONG_PARAMETER
            | {
                404: "Nothing is recorded of the day, or nothing at all",
                503: "Redis cannot be reached, or too many queries over history wait, or one took too long",
            },
            _path_parameter("symbol", _TEXT),
            _IF_NONE_MATCH,
            *CandlesQuery.parameters(),
        ),
        "/api/status": _get(
            "The session that the boards show, and when they were published",
            _answer("By the clock of Redis", StatusAnswer),
            _ERRORS,
        ),
    }


def _time_paths() -> dict[str, dict[str, Any]]:
    """What there was when, and when the market trades."""
    too_many = "too many queries over history wait, or one took too long"
    unstored = {503: f"Redis cannot be reached, the second is not stored yet, {too_many}"}
    past = _ERRORS | _WRONG_PARAMETER | unstored
    return {
        "/api/days": _get(
            "The recorded days, and which seconds of them can be looked at",
            _answer("Each with its gaps", DaysAnswer) | {"headers": _ETAG},
            _ERRORS | {404: "Nothing is recorded here", 503: f"There is no answer now: {too_many}"},
            _IF_NONE_MATCH,
        ),
        "/api/past": _get(
            "Boards, screens and quotes as they stood at one second of a recorded day",
            _answer("All of one moment", PastAnswer) | {"headers": _ETAG},
            past | {404: "It is not known what was published at that second"},
            _IF_NONE_MATCH,
            *PastQuery.parameters(),
        ),
        "/api/past/run": _get(
            "The same at a run of seconds, which together cost little more than one",
            _answer("Each second", PastRunAnswer) | {"headers": _ETAG},
            past | {404: "Nothing is recorded here"},
            _IF_NONE_MATCH,
            *PastRunQuery.parameters(),
        ),
        "/api/calendar": _get(
            "Trading days and their hours, by the exchange's calendar",
            _answer("The days", CalendarAnswer),
            _INVALID_KEY | _TOO_OFTEN | _WRONG_PARAMETER,
            *CalendarQuery.parameters(),
        ),
    }


def _alert_paths() -> dict[str, dict[str, Any]]:
    return {
        "/api/alerts": _get(
            "The alerts that fired, of the newest 10,000",
            _answer("The alerts, the newest first", AlertsAnswer) | {"headers": _ETAG},
            _ERRORS | _WRONG_PARAMETER,
            _IF_NONE_MATCH,
            *AlertsQuery.parameters(),
        ),
        "/api/alerts/rules": _get(
            "The rules by which alerts fire",
            _answer("Every rule", RulesAnswer) | {"headers": _ETAG},
            _ERRORS,
            _IF_NONE_MATCH,
        ),
    }


def _get(
    summary: str, answer: dict[str, Any], errors: dict[int, str], *parameters: dict[str, Any]
) -> dict[str, Any]:
    responses = {"200": answer} | {str(status): _answer(text, ErrorAnswer) for status, text in errors.items()}
    if _IF_NONE_MATCH in parameters:
        responses["304"] = {"description": "The client has the answer already", "headers": _ETAG}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


def _answer(text: str, answer: type[Struct]) -> dict[str, Any]:
    return {"description": text, "content": _json_of(answer.__name__)}


def _polled(text: str, answer: type[Struct]) -> dict[str, Any]:
    """An answer that clients poll, as JSON or CSV."""
    content = _json_of(answer.__name__) | {CSV: {"schema": _TEXT}}
    return {"description": text, "headers": _ETAG, "content": content}


def _json_of(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"{_SCHEMAS}{schema}"}}}


def _path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _schemas() -> dict[str, Any]:
    answers = (
        BoardsAnswer,
        BoardAnswer,
        MovesAnswer,
        QuotesAnswer,
        SparklinesAnswer,
        ScreenAnswer,
        RanksAnswer,
        DayCandles,
        DaysAnswer,
        PastAnswer,
        PastRunAnswer,
        CalendarAnswer,
        AlertsAnswer,
        RulesAnswer,
        StatusAnswer,
        HealthAnswer,
        ErrorAnswer,
    )
    _, schemas = msgspec.json.schema_components(answers, ref_template=f"{_SCHEMAS}{{name}}")
    return schemas | {
        "Quote": _quote_schema(),
        "RankedQuote": _ranked_quote_schema(),
        "Alert": _alert_schema(),
    }


def _quote_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A symbol's row. Milliseconds are Unix milliseconds.",
        "properties": _properties(),
        "required": [*NAMES],
    }


def _ranked_quote_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A row with its rank. With the parameter fields it has only rank, symbol and those.",
        "properties": {"rank": {"type": "integer", "minimum": 1}} | _properties() | _window_properties(),
        "required": ["rank", "symbol"],
    }


def _alert_schema() -> dict[str, Any]:
    described = {
        "id": _TEXT | {"description": "RULE:SYMBOL:SECOND; no two alerts have the same"},
        "rule": _TEXT | {"description": "The rule that fired"},
        "symbol": _TEXT,
        "at": {"type": "integer", "description": "When it fired, Unix milliseconds"},
        "text": _TEXT | {"description": "One line for people"},
        "row": {
            "type": "object",
            "description": "The symbol's row as it fired",
            "properties": _properties() | _window_properties(),
        },
    }
    return {"type": "object", "properties": described, "required": [*described]}


def _properties() -> dict[str, Any]:
    return {
        field.name: (_NUMBER if field.is_number else _TEXT)
        | {"description": f"{display(field.name).meaning}; {field.unit}"}
        for field in FIELDS
    }


def _window_properties() -> dict[str, Any]:
    """The fields that only the rows of screens have; null while unknown."""
    return {
        window.name: {"type": ["number", "null"], "description": f"{display(window.name).meaning}; {window.unit}"}
        for window in WINDOWS
    }
