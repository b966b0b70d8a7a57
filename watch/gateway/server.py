"""The web server: what is served where, and by whom."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import msgspec
import uvicorn
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute

from config.celery import sentinel_options
from config.network import is_loopback
from config.settings import Settings
from watch.gateway import protocol
from watch.gateway.access import Access
from watch.gateway.admission import STATE, Admission, most_connections
from watch.gateway.api import Api, refusal, unreachable, unreadable
from watch.gateway.connection import connect
from watch.gateway.endpoint import Endpoint
from watch.gateway.gate import Gate, guarded
from watch.gateway.guesses import Guesses
from watch.gateway.health import Health
from watch.gateway.http import HttpConnection
from watch.gateway.hub import Hub
from watch.gateway.limits import LONGEST_HEAD
from watch.gateway.log_limit import limit_logs
from watch.gateway.metrics import Metrics
from watch.gateway.monitor import Monitor
from watch.gateway.openapi import description
from watch.gateway.page import Page
from watch.gateway.request_bounds import RequestBounds
from watch.gateway.sources import Sources
from watch.gateway.stored import JunkError
from watch.gateway.supervision import Supervisor
from watch.gateway.wire import Wire

log = logging.getLogger(__name__)

# Seconds that clients are given to take their leave when the server stops.
_FAREWELL = 3
# Connections that wait to be accepted: all clients of a gateway come back at once when it restarts.
_BACKLOG = 2048


class ExposureError(ValueError):
    """The gateway would be readable for anybody on the network."""


def application(settings: Settings) -> Starlette:
    """The gateway as an ASGI application; its WebSocket endpoint wants connections that are a :class:`Wire`."""
    redis = connect(settings)
    access = Access(settings.gateway_api_key, settings.gateway_origins)
    supervisor = Supervisor()
    hub = Hub(redis, supervisor)
    admission = Admission(Sources(settings.gateway_proxies), hub.totals, supervisor, most_connections())
    monitor = Monitor(redis, settings.celery_broker_url, sentinel_options(settings), supervisor)
    api = Api(redis, settings.market_clock)
    guesses = Guesses(hub.totals)
    guard = partial(guarded, access=access, sources=admission.sources, guesses=guesses)
    described = msgspec.json.encode(description(wants_key=access.wants_key))

    async def openapi(request: Request) -> Response:
        return Response(described, media_type="application/json")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        running = [asyncio.create_task(each()) for each in (hub.run, monitor.run, admission.run)]
        yield {STATE: admission}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await redis.aclose()

    return Starlette(
        routes=[
            WebSocketRoute("/ws", Endpoint(hub, redis, access, guesses).serve),
            Route("/api/boards/{name}", guard(api.board)),
            Route("/api/quotes/{symbol:path}", guard(api.quote)),
            Route("/api/status", guard(api.status)),
            Route("/healthz", Health(monitor, hub.upstream, supervisor, settings.publish_interval).endpoint),
            Route("/metrics", guard(Metrics(monitor, hub, supervisor, admission).endpoint)),
            Route("/openapi.json", openapi),
            Mount("/", Page()),
        ],
        middleware=[
            Middleware(RequestBounds, sources=admission.sources),
            Middleware(Gate, access=access),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.gateway_origins,
                allow_headers=["Authorization", "X-API-Key"],
            ),
        ],
        exception_handlers={HTTPException: refusal, RedisError: unreachable, JunkError: unreadable},
        lifespan=lifespan,
    )


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            log.info("the boards are at http://%s:%d", self.config.host, self.config.port)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ExposureError: other machines would reach it, and there is no key to ask them for.
    """
    if not (settings.gateway_api_key or is_loopback(host)):
        raise ExposureError(
            f"On {host} other machines reach the gateway: set GATEWAY_API_KEY, which clients must then bring."
        )
    config = uvicorn.Config(
        application(settings),
        host=host,
        port=port,
        backlog=_BACKLOG,
        loop="uvloop",
        http=HttpConnection,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ws=Wire,
        ws_max_size=protocol.LONGEST,
        log_config=None,
        # At a lower level it tells of each client that comes and goes.
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_FAREWELL,
    )
    limit_logs()
    _Server(config).run()
