"""The web server: what is served where, and by whom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route, WebSocketRoute

from config.settings import Settings
from leaderboard.connection import CONNECT_TIMEOUT, TIMEOUT
from watch.gateway import protocol
from watch.gateway.api import Api, refusal, unreachable
from watch.gateway.endpoint import Endpoint
from watch.gateway.hub import Hub
from watch.gateway.page import Page
from watch.gateway.wire import Wire

#: Seconds that clients are given to take their leave when the server stops.
_FAREWELL = 3


def application(settings: Settings) -> Starlette:
    """The gateway as an ASGI application; its WebSocket endpoint wants connections that are a :class:`Wire`."""
    redis = Redis.from_url(
        settings.redis_url,
        protocol=2,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_keepalive=True,
        health_check_interval=15,
    )
    hub = Hub(redis)
    api = Api(redis, settings.market_clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(hub.run())
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await redis.aclose()

    return Starlette(
        routes=[
            WebSocketRoute("/ws", Endpoint(hub, redis, settings.gateway_api_key).serve),
            Route("/api/boards/{name}", api.board),
            Route("/api/quotes/{symbol:path}", api.quote),
            Route("/api/status", api.status),
            Mount("/", Page()),
        ],
        exception_handlers={HTTPException: refusal, RedisError: unreachable},
        lifespan=lifespan,
    )


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    uvicorn.run(
        application(settings),
        host=host,
        port=port,
        loop="uvloop",
        ws=Wire,
        ws_max_size=protocol.LONGEST,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_FAREWELL,
    )
