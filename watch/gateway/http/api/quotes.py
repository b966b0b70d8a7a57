"""The quotes over HTTP, as Redis holds them."""

import asyncio
from collections import ChainMap
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Raw, Struct
from redis.asyncio import Redis
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leaderboard import keys
from leaderboard.connections import redis_values
from leaderboard.event import is_symbol
from leaderboard.shards import Shards
from watch.gateway.http.api.answers.polled_answer import polled
from watch.gateway.http.api.parameters.query_model import QueryModel, Symbols
from watch.gateway.responses import InvalidParameterError, json_bytes

_QUOTE = {"$ref": "#/components/schemas/Quote"}
_Quote = Annotated[Raw, Meta(extra_json_schema={"anyOf": [_QUOTE, {"type": "null"}]})]


class QuotesQuery(QueryModel):
    """The query parameters of ``/api/quotes``."""

    symbols: Symbols


class QuotesAnswer(Struct):
    """What ``/api/quotes`` answers."""

    quotes: Annotated[dict[str, _Quote], Meta(description="By symbol; null: nothing is known of it")]


class QuotesApi:
    """The endpoints of quotes.

    Args:
        shards: the servers of the boards.
    """

    def __init__(self, shards: Shards[Redis]) -> None:
        self._shards = shards

    async def one(self, request: Request) -> Response:
        """``/api/quotes/{symbol}``."""
        symbol = request.path_params["symbol"]
        if not is_symbol(symbol):
            raise InvalidParameterError("symbol", f"{symbol[:64]!r} is no symbol")
        quote = await redis_values.read_json(self._shards.of(symbol), keys.quote(symbol))
        if quote is None:
            raise HTTPException(404, f"there is no quote of {symbol}")
        return Response(quote, media_type="application/json")

    async def some(self, request: Request) -> Response:
        """``/api/quotes``."""
        symbols = QuotesQuery.parse(request.query_params, fields=()).symbols
        parts = self._shards.split(symbols, str).items()
        found = await asyncio.gather(*(self._read(server, of_server) for server, of_server in parts))
        quotes = ChainMap(*found)
        rows = {symbol: Raw(quotes[symbol] or b"null") for symbol in symbols}
        body = json_bytes(QuotesAnswer(rows))
        return polled(request, body)

    async def _read(self, server: int, symbols: Sequence[str]) -> dict[str, bytes | None]:
        """Quotes of symbols that a server holds."""
        names = [keys.quote(symbol) for symbol in symbols]
        found = await self._shards[server].mget(names)
        return {
            symbol: redis_values.json(name, quote)
            for symbol, name, quote in zip(symbols, names, found, strict=True)
        }
