"""The web server: which part of the gateway serves what."""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
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
from config.extras import missing
from config.loopback import is_loopback
from config.settings import Settings
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.shards import Shards
from watch.gateway import responses
from watch.gateway.alerts.alert_log import AlertLog
from watch.gateway.alerts.live_alerts import LiveAlerts
from watch.gateway.cluster.health import Health
from watch.gateway.cluster.metrics import Metrics
from watch.gateway.cluster.monitor import Monitor
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.connections.admission import STATE, Admission, most_connections
from watch.gateway.connections.api_key import ApiKey
from watch.gateway.connections.client_log_filter import filter_client_logs
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.history.recorded_history import RecordedHistory
from watch.gateway.http.api.alerts import AlertsApi
from watch.gateway.http.api.boards import BoardsApi
from watch.gateway.http.api.calendar import calendar
from watch.gateway.http.api.candles import CandlesApi
from watch.gateway.http.api.market_status import MarketStatus
from watch.gateway.http.api.openapi import description
from watch.gateway.http.api.past import PastApi
from watch.gateway.http.api.quotes import QuotesApi
from watch.gateway.http.api.rank_moves import RankMovesApi
from watch.gateway.http.api.sparklines import SparklinesApi
from watch.gateway.http.api.whole_market import WholeMarketApi
from watch.gateway.http.http_protocol import HttpProtocol
from watch.gateway.http.origin_check import OriginCheck
from watch.gateway.http.request_limits import RequestLimits
from watch.gateway.http.request_spans import RequestSpans
from watch.gateway.http.require_api_key import RequireApiKey
from watch.gateway.http.static_page import StaticPage
from watch.gateway.limits import LONGEST_HEAD, LONGEST_MESSAGE
from watch.gateway.market import Market
from watch.gateway.past_ranks import PastRanks
from watch.gateway.redis_client import connect
from watch.gateway.screens import PublishedScreens
from watch.gateway.sparklines.sparklines import Sparklines
from watch.gateway.supervisor import Supervisor, end
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
        self._shards = Shards([*map(connect, settings.board_servers)])
        self._redis = self._shards.first
        self._supervisor = Supervisor()
        self._screens = PublishedScreens(self._redis, self._supervisor)
        self._market = Market(self._shards, self._supervisor, settings.publish_interval)
        self._past_ranks = PastRanks(self._redis, self._supervisor)
        self._history = (
            RecordedHistory(settings.history_dir, self._shards, self._supervisor, settings.publish_interval)
            if settings.history_dir
            else None
        )
        pool = self._history.pool if self._history else None
        self._sparklines = Sparklines(self._market, pool, self._supervisor)
        candles = self._history.live if self._history else None
        self._alerts = AlertLog(self._redis, self._supervisor)
        live_alerts = LiveAlerts(self._alerts, self._supervisor)
        self._broadcaster = Broadcaster(self._shards, self._screens, self._supervisor, live_alerts, candles)
        self._api_key = ApiKey(settings.gateway_api_key, self._broadcaster.counters)
        self._admission = Admission(
            ClientAddresses(settings.gateway_proxies),
            self._broadcaster.counters,
            self._supervisor,
            most_connections(),
        )
        self._monitor = Monitor(
            self._shards, settings.celery_broker_url, sentinel_options(settings), self._supervisor
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
                    allow_headers=["Authorization", "X-API-Key", "If-None-Match"],
                    expose_headers=["ETag"],
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
        health = Health(
            self._monitor,
            self._broadcaster.subscriber,
            self._supervisor,
            self._settings.publish_interval,
            self._settings.market_clock,
        )
        metrics = Metrics(
            self._monitor,
            self._broadcaster,
            self._supervisor,
            self._admission,
            self._settings.market_clock,
            self._history.pool if self._history else None,
        )
        with_key = [
            Middleware(RequireApiKey, api_key=self._api_key, addresses=self._admission.addresses),
        ]
        endpoint = WebSocketEndpoint(self._broadcaster, self._shards, self._screens, self._alerts, self._api_key)
        return [
            WebSocketRoute("/ws", endpoint.serve),
            *(Route(path, answer, middleware=with_key) for path, answer in self._api().items()),
            Route("/healthz", health.endpoint),
            Route("/metrics", metrics.endpoint, middleware=with_key),
            Route("/openapi.json", self._describe),
            Mount("/", StaticPage(has_history=self._history is not None)),
        ]

    def _api(self) -> dict[str, Callable[[Request], Awaitable[Response]]]:
        """What answers each path of the API. The first path that fits a request counts."""
        addresses = self._admission.addresses
        boards = BoardsApi(self._redis, self._screens, self._settings.board_size, self._history, addresses)
        quotes = QuotesApi(self._shards)
        market = WholeMarketApi(self._market)
        past = PastApi(self._history, addresses)
        alerts = AlertsApi(self._alerts, self._redis)
        return {
            "/api/boards": boards.every,
            "/api/boards/{name}": boards.one,
            "/api/boards/{name}/moves": RankMovesApi(boards, self._past_ranks, self._history, addresses).one,
            "/api/quotes": quotes.some,
            "/api/quotes/{symbol:path}": quotes.one,
            "/api/sparklines": SparklinesApi(self._sparklines, self._history, addresses).some,
            "/api/screen": market.screen,
            "/api/screen.csv": market.screen,
            "/api/ranks/{symbol:path}": market.ranks,
            "/api/candles/{symbol:path}": CandlesApi(self._history, addresses).one,
            "/api/days": past.days,
            "/api/past": past.market,
            "/api/past/run": past.run,
            "/api/calendar": calendar,
            "/api/alerts": alerts.newest,
            "/api/alerts/rules": alerts.rules,
            "/api/status": MarketStatus(self._redis, self._settings.market_clock).endpoint,
        }

    async def stop_queries(self) -> None:
        """End all queries over recorded history."""
        if self._history:
            await self._history.pool.close()

    async def _describe(self, request: Request) -> Response:
        return responses.json_response(self._openapi)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[dict[str, Any]]:
        parts = (
            self._screens,
            self._market,
            self._past_ranks,
            self._alerts,
            self._sparklines,
            self._broadcaster,
            self._monitor,
            self._admission,
            self._history,
        )
        running = [asyncio.create_task(part.run()) for part in parts if part is not None]
        yield {STATE: self._admission}
        await end(running)
        for redis in self._shards:
            await redis.aclose()
        # Here, for the server ends by the signal that stops it, and not by returning.
        await asyncio.to_thread(telemetry.stop)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _collect_garbage_rarely()
            log.info("the boards are at http://%s:%d", self.config.host, self.config.port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Queries may take longer than clients are given to take their leave.
        await self._gateway.stop_queries()
        await super().shutdown(sockets)


def _collect_garbage_rarely() -> None:
    """Collect garbage rarely, and never look at what is there now, which stays.

    By default Python looks at all objects each time that clients have come: a fifth of a second in which nobody is
    sent anything, for 1,000 clients. Clients that have left stay in memory until all objects are collected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ExposureError: other machines would reach it, and there is no key to ask them for.
        SystemExit: history is recorded here, and the package that reads it is missing.
        WrongVariableError: a variable of OpenTelemetry has a wrong value.
    """
    if not (settings.gateway_api_key or is_loopback(host)):
        raise ExposureError(
            f"On {host} other machines reach the gateway: set GATEWAY_API_KEY, which clients must then bring."
        )
    if settings.history_dir and find_spec("duckdb") is None:
        sys.exit(missing("duckdb", "history"))
    gateway = Gateway(settings, has_spans=telemetry.start_traces("gateway"))
    config = uvicorn.Config(
        gateway.application(),
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
    _Server(config, gateway).run()
