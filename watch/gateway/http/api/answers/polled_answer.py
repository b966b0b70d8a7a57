"""Answers that clients poll: as JSON or as CSV, and not sent again while they are unchanged."""

from hashlib import blake2b

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

CSV = "text/csv"
_JSON = "application/json"
#: What ends the path of an answer that is CSV whatever the client accepts.
CSV_SUFFIX = ".csv"


class PolledAnswer:
    """One answer of an endpoint, before its body is made.

    Args:
        request: what is answered.
        *parts: all that decides the body besides the request's query and its format.
        is_csv: whether the body is CSV, not JSON.
    """

    def __init__(self, request: Request, *parts: bytes | None, is_csv: bool = False) -> None:
        self.is_csv = is_csv
        digest = blake2b(digest_size=16)
        for part in (str(request.query_params).encode(), CSV.encode() if self.is_csv else None, *parts):
            # The length first, so that no two lists of parts are the same bytes.
            digest.update(b"-" if part is None else b"%d:%b" % (len(part), part))
        etag = f'"{digest.hexdigest()}"'
        self._headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept"}
        self.is_known = _names(request.headers.get("if-none-match", ""), etag)

    def not_modified(self) -> Response:
        """What a client is answered that has this body already."""
        return Response(status_code=304, headers=self._headers)

    def response(self, body: bytes) -> Response:
        media_type = f"{CSV}; charset=utf-8; header=present" if self.is_csv else _JSON
        return Response(body, headers=self._headers | {"Content-Type": media_type})


def polled(request: Request, body: bytes, *, is_csv: bool = False) -> Response:
    """The answer where the body is made before it is known whether the client has it already.

    Args:
        request: what is answered.
        body: JSON or CSV.
        is_csv: whether it is CSV.
    """
    answer = PolledAnswer(request, body, is_csv=is_csv)
    return answer.not_modified() if answer.is_known else answer.response(body)


def wants_csv(request: Request) -> bool:
    """Whether the path ends with ``.csv``, or the client prefers CSV to JSON."""
    return request.url.path.endswith(CSV_SUFFIX) or _prefers_csv(request.headers)


def _prefers_csv(headers: Headers) -> bool:
    qualities: dict[str, float] = {}
    for accepted in headers.get("accept", "").lower().split(","):
        media_type, *parameters = map(str.strip, accepted.split(";"))
        qualities[media_type] = _quality(parameters)
    return qualities.get(CSV, 0.0) > qualities.get(_JSON, 0.0)


def _quality(parameters: list[str]) -> float:
    """How much a client wants a media type (RFC 9110, section 12.4.2): from 0, not at all, to 1."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter.removeprefix("q="))
            except ValueError:
                return 0.0
    return 1.0


def _names(if_none_match: str, etag: str) -> bool:
    return etag in (each.strip().removeprefix("W/") for each in if_none_match.split(","))
