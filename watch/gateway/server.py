"""The web server: which part of the gateway serves what."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from config import telemetry
from config.celery import sentinel_options
from config.loopback import is_loopback
from config.settings import Settings
from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway import responses
from watch.gateway.cluster.health import Health
from watch.gateway.cluster.metrics import Metrics
from watch.gateway.cluster.monitor import Monitor
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.connections.admission import STATE, Admission, most_connections
from watch.gateway.connections.api_key import ApiKey
from watch.gateway.connections.client_log_filter import filter_client_logs
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.http.api import Api
from watch.gateway.http.http_protocol import HttpProtocol
from watch.gateway.http.openapi import description
from watch.gateway.http.origin_check import OriginCheck
from watch.gateway.http.request_limits import RequestLimits
from watch.gateway.http.request_spans import RequestSpans
from watch.gateway.http.require_api_key import RequireApiKey
from watch.gateway.http.static_page import StaticPage
from watch.gateway.limits import LONGEST_HEAD, LONGEST_MESSAGE
from watch.gateway.redis_client import connect
from watch.gateway.supervisor import Supervisor
from watch.gateway.ws.endpoint import WebSocketEndpoint
from watch.gateway.ws.websocket_protocol import WebSocketProtocol

log = logging.getLogger(__name__)

# Seconds that clients are given to take their leave when the server stops.
_FAREWELL = 3
# Connections that wait to be accepted: all clients of a gateway come back at once when it restarts.
_BACKLOG = 2048


class ExposureError(ValueError):
    """Anybody on the network could read the gateway."""


class Gateway:
    """The parts of the gateway, and the ASGI application that serves them.

    Args:
        settings: of the deployment.
        has_spans: whether spans of requests are exported.
    """

    def __init__(self, settings: Settings, has_spans: bool = False) -> None:
        self._settings = settings
        self._has_spans = has_spans
        self._redis = connect(settings)
        self._supervisor = Supervisor()
        self._broadcaster = Broadcaster(self._redis, self._supervisor)
        self._api_key = ApiKey(settings.gateway_api_key, self._broadcaster.counters)
        self._admission = Admission(
            ClientAddresses(settings.gateway_proxies),
            self._broadcaster.counters,
            self._supervisor,
            most_connections(),
        )
        self._monitor = Monitor(
            self._redis, settings.celery_broker_url, sentinel_options(settings), self._supervisor
        )
        self._openapi = description(requires_key=self._api_key.is_required)

    def application(self) -> Starlette:
        """The application. Its server must use :class:`HttpProtocol` and :class:`WebSocketProtocol`."""
        return Starlette(
            routes=self._routes(),
            middleware=[
                *([Middleware(RequestSpans)] if self._has_spans else []),
                Middleware(RequestLimits, addresses=self._admission.addresses),
                Middleware(
                    OriginCheck,
                    requires_key=self._api_key.is_required,
                    origins=self._settings.gateway_origins,
                ),
                Middleware(
                    CORSMiddleware,
                    allow_origins=self._settings.gateway_origins,
                    allow_headers=["Authorization", "X-API-Key"],
                ),
            ],
            exception_handlers={
                HTTPException: responses.on_http_error,
                RedisError: responses.on_redis_error,
                InvalidValueError: responses.on_invalid_value,
            },
            lifespan=self._lifespan,
        )

    def _routes(self) -> list[BaseRoute]:
        api = Api(self._redis, self._settings.market_clock)
        health = Health(
            self._monitor, self._broadcaster.subscriber, self._supervisor, self._settings.publish_interval
        )
        metrics = Metrics(
            self._monitor,
            self._broadcaster,
            self._supervisor,
            self._admission,
            self._settings.market_clock,
        )
        with_key = [
            Middleware(RequireApiKey, api_key=self._api_key, addresses=self._admission.addresses),
        ]
        return [
            WebSocketRoute("/ws", WebSocketEndpoint(self._broadcaster, self._redis, self._api_key).serve),
            Route("/api/boards", api.boards, middleware=with_key),
            Route("/api/boards/{name}", api.board, middleware=with_key),
            Route("/api/quotes/{symbol:path}", api.quote, middleware=with_key),
            Route("/api/status", api.status, middleware=with_key),
            Route("/healthz", health.endpoint),
            Route("/metrics", metrics.endpoint, middleware=with_key),
            Route("/openapi.json", self._describe),
            Mount("/", StaticPage()),
        ]

    async def _describe(self, request: Request) -> Response:
        return responses.json_response(self._openapi)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[dict[str, Any]]:
        work = (self._broadcaster.run, self._monitor.run, self._admission.run)
        running = [asyncio.create_task(each()) for each in work]
        yield {STATE: self._admission}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._redis.aclose()
        # Here, for the server ends by the signal that stops it, and not by returning.
        await asyncio.to_thread(telemetry.stop)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            log.info("the boards are at http://%s:%d", self.config.host, self.config.port)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ExposureError: other machines would reach it, and there is no key to ask them for.
        WrongVariableError: a variable of OpenTelemetry has a wrong value.
    """
    if not (settings.gateway_api_key or is_loopback(host)):
        raise ExposureError(
            f"On {host} other machines reach the gateway: set GATEWAY_API_KEY, which clients must then bring."
        )
    config = uvicorn.Config(
        Gateway(settings, has_spans=telemetry.start_traces("gateway")).application(),
        host=host,
        port=port,
        backlog=_BACKLOG,
        loop="uvloop",
        http=HttpProtocol,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ws=WebSocketProtocol,
        ws_max_size=LONGEST_MESSAGE,
        log_config=None,
        # At a lower level it logs each client that connects or leaves.
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_FAREWELL,
    )
    filter_client_logs()
    _Server(config).run()
