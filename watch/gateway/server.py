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
from config.loopback import is_loopback
from config.settings import Settings
from watch.gateway.cluster.health import Health
from watch.gateway.cluster.metrics import Metrics
from watch.gateway.cluster.monitor import Monitor
from watch.gateway.connections.access import Access
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.connections.admission import STATE, Admission, most_connections
from watch.gateway.connections.guesses import Guesses
from watch.gateway.connections.log_limit import limit_logs
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.http import responses
from watch.gateway.http.api import Api
from watch.gateway.http.gate import Gate, guarded
from watch.gateway.http.http_protocol import HttpProtocol
from watch.gateway.http.openapi import description
from watch.gateway.http.request_limits import RequestLimits
from watch.gateway.http.static_page import StaticPage
from watch.gateway.limits import LONGEST_HEAD
from watch.gateway.redis_client import connect
from watch.gateway.redis_values import InvalidValueError
from watch.gateway.supervisor import Supervisor
from watch.gateway.ws import messages
from watch.gateway.ws.endpoint import WebSocketEndpoint
from watch.gateway.ws.websocket_protocol import WebSocketProtocol

log = logging.getLogger(__name__)

# Seconds that clients are given to take their leave when the server stops.
_FAREWELL = 3
# Connections that wait to be accepted: all clients of a gateway come back at once when it restarts.
_BACKLOG = 2048


class ExposureError(ValueError):
    """The gateway would be readable for anybody on the network."""


def application(settings: Settings) -> Starlette:
    """The gateway as an ASGI application. Its server must use :class:`WebSocketProtocol`."""
    redis = connect(settings)
    access = Access(settings.gateway_api_key, settings.gateway_origins)
    supervisor = Supervisor()
    broadcaster = Broadcaster(redis, supervisor)
    admission = Admission(
        ClientAddresses(settings.gateway_proxies), broadcaster.counters, supervisor, most_connections()
    )
    monitor = Monitor(redis, settings.celery_broker_url, sentinel_options(settings), supervisor)
    api = Api(redis, settings.market_clock)
    guesses = Guesses(broadcaster.counters)
    guard = partial(guarded, access=access, addresses=admission.addresses, guesses=guesses)
    described = msgspec.json.encode(description(wants_key=access.wants_key))

    async def openapi(request: Request) -> Response:
        return Response(described, media_type="application/json")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        running = [asyncio.create_task(each()) for each in (broadcaster.run, monitor.run, admission.run)]
        yield {STATE: admission}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await redis.aclose()

    return Starlette(
        routes=[
            WebSocketRoute("/ws", WebSocketEndpoint(broadcaster, redis, access, guesses).serve),
            Route("/api/boards", guard(api.boards)),
            Route("/api/boards/{name}", guard(api.board)),
            Route("/api/quotes/{symbol:path}", guard(api.quote)),
            Route("/api/status", guard(api.status)),
            Route(
                "/healthz", Health(monitor, broadcaster.subscriber, supervisor, settings.publish_interval).endpoint
            ),
            Route("/metrics", guard(Metrics(monitor, broadcaster, supervisor, admission).endpoint)),
            Route("/openapi.json", openapi),
            Mount("/", StaticPage()),
        ],
        middleware=[
            Middleware(RequestLimits, addresses=admission.addresses),
            Middleware(Gate, access=access),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.gateway_origins,
                allow_headers=["Authorization", "X-API-Key"],
            ),
        ],
        exception_handlers={
            HTTPException: responses.on_http_error,
            RedisError: responses.on_redis_error,
            InvalidValueError: responses.on_invalid_value,
        },
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
        http=HttpProtocol,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ws=WebSocketProtocol,
        ws_max_size=messages.LONGEST,
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
