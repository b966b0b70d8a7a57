"""JSON answers, and what a request is answered when it fails."""

from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_encode = msgspec.json.Encoder().encode


class InvalidParameterError(HTTPException):
    """A parameter is invalid; the answer names it.

    Args:
        parameter: its name.
        sentence: what is wrong with it.
        status: of the answer.
    """

    def __init__(self, parameter: str, sentence: str, status: int = 422) -> None:
        super().__init__(status, sentence)
        self.parameter = parameter


def json_bytes(content: Any) -> bytes:
    return _encode(content)


def json_response(content: Any, status: int = 200) -> Response:
    return Response(json_bytes(content), status, media_type="application/json")


def error_response(sentence: str, status: int) -> Response:
    return json_response({"error": sentence}, status)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer ``error``, and ``parameter`` if one is invalid."""
    assert isinstance(error, HTTPException)
    content = {"error": error.detail}
    if isinstance(error, InvalidParameterError):
        content["parameter"] = error.parameter
    response = json_response(content, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def on_redis_error(request: Request, error: Exception) -> Response:
    return error_response("the boards cannot be reached at the moment", 503)


async def on_invalid_value(request: Request, error: Exception) -> Response:
    return error_response(str(error), 503)
