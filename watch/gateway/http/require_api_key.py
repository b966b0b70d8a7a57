"""Answers only those requests that bring the key."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.connections.api_key import ApiKey


class RequireApiKey:
    """Middleware around an HTTP route.

    Args:
        app: the route.
        api_key: judges the keys that requests bring.
        addresses: where requests come from.
    """

    def __init__(self, app: ASGIApp, api_key: ApiKey, addresses: ClientAddresses) -> None:
        self._app = app
        self._api_key = api_key
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._api_key.is_required:
            self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        key = _key_in(Headers(scope=scope))
        address = self._addresses.of(scope)
        if key and self._api_key.is_locked_out(address):
            raise HTTPException(429, "too many wrong keys of this address", {"Retry-After": "10"})
        if not (key and self._api_key.accepts(address, key)):
            raise HTTPException(401, "the key is wrong or missing", {"WWW-Authenticate": "Bearer"})


def _key_in(headers: Headers) -> str:
    """The key that a request brings, as ``X-API-Key`` or ``Authorization: Bearer``; empty: none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
