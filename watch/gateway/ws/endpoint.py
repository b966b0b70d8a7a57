"""The WebSocket endpoint: the conversation with one client."""

import asyncio
from contextlib import suppress
from itertools import count
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from leaderboard import keys
from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.shards import Shards
from watch.gateway.alerts.alert_log import AlertLog
from watch.gateway.connections.api_key import ApiKey
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.deltas.projection import Projection
from watch.gateway.fanout.feed import FeedError, may_be_scanner, parse_feed, parse_key
from watch.gateway.limits import ALERTS_PER_ANSWER, ATTEMPTS, AUTHENTICATION_DEADLINE
from watch.gateway.screens import PublishedScreens
from watch.gateway.ws import messages
from watch.gateway.ws.client_budget import POLICY_VIOLATION
from watch.gateway.ws.messages import Auth, Get, Hello, Subscribe, Unsubscribe
from watch.gateway.ws.reply_queue import ReplyQueue
from watch.gateway.ws.websocket_protocol import EXTENSION, WebSocketProtocol

# Messages of one client after which the event loop does everything else.
_MESSAGES_PER_TURN = 8


class _UnauthorizedError(Exception):
    """The client did not authenticate."""


class WebSocketEndpoint:
    """Answers clients.

    Args:
        broadcaster: forwards feeds.
        shards: the servers of the boards.
        screens: those that are published.
        alerts: those that fired.
        api_key: judges the keys that clients bring.
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        shards: Shards[Redis],
        screens: PublishedScreens,
        alerts: AlertLog,
        api_key: ApiKey,
    ) -> None:
        self._broadcaster = broadcaster
        self._shards = shards
        self._screens = screens
        self._alerts = alerts
        self._api_key = api_key

    async def serve(self, websocket: WebSocket) -> None:
        """Answer one client until it leaves."""
        await websocket.accept()
        connection = cast(WebSocketProtocol, websocket.scope["extensions"][EXTENSION])
        client = Client(connection, self._broadcaster.counters, self._broadcaster.send_queue)
        replies = ReplyQueue(client, self._broadcaster.settle)
        self._broadcaster.clients.add(client)
        try:
            if self._api_key.is_required:
                # Its messages are read as late as its address has to wait.
                async with asyncio.timeout(AUTHENTICATION_DEADLINE + connection.address.work.debt):
                    await self._authenticate(websocket, connection, client)
            for n in count():
                if n % _MESSAGES_PER_TURN == 0:
                    await asyncio.sleep(0)
                message = await self._receive(websocket, connection)
                await connection.budget.pay_answer(await self._answer(client, replies, message))
        except (_UnauthorizedError, TimeoutError):
            client.reply(messages.UNAUTHORIZED)
            with suppress(WebSocketDisconnect):
                await websocket.close(POLICY_VIOLATION, "unauthorized")
        except WebSocketDisconnect:
            pass
        finally:
            replies.cancel()
            await self._broadcaster.remove(client)

    @staticmethod
    async def _receive(websocket: WebSocket, connection: WebSocketProtocol) -> str | bytes:
        # No more messages are read of a client that does not take its answers.
        await connection.writable.wait()
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        return cast(str | bytes, event.get("text") or event.get("bytes") or "")

    async def _authenticate(self, websocket: WebSocket, connection: WebSocketProtocol, client: Client) -> None:
        for _ in range(ATTEMPTS):
            try:
                request = messages.parse(await self._receive(websocket, connection))
            except msgspec.DecodeError:
                raise _UnauthorizedError from None
            if not isinstance(request, Auth) or self._api_key.is_locked_out(connection.address):
                raise _UnauthorizedError
            if self._api_key.accepts(connection.address, request.api_key):
                client.reply(messages.AUTHORIZED)
                return
            client.reply(messages.INVALID_KEY)
        raise _UnauthorizedError

    async def _answer(self, client: Client, replies: ReplyQueue, message: str | bytes) -> int:
        """Answer a message. Returns the answer's size in bytes."""
        try:
            request = messages.parse(message)
            if isinstance(request, Subscribe | Unsubscribe):
                answer = await self._change_feeds(client, request)
                await replies.put(answer)
                if isinstance(request, Subscribe) and request.mode == "delta":
                    await replies.flush()
                    return len(answer) + await self._broadcaster.start_deltas(client, request.feed)
                return len(answer)
            # Read when earlier subscriptions are confirmed: no answer is older than a publication before it.
            await replies.flush()
            if isinstance(request, Hello):
                client.takes_envelopes = request.envelope
            answer = await self._read(request)
        except (msgspec.DecodeError, FeedError, InvalidValueError) as error:
            await replies.flush()
            answer = messages.error(str(error))
        except RedisError:
            answer = messages.error("the boards cannot be reached at the moment")
        client.reply(answer)
        return len(answer)

    async def _change_feeds(self, client: Client, request: Subscribe | Unsubscribe) -> bytes:
        name = request.feed
        if isinstance(request, Unsubscribe) and self._broadcaster.is_subscribed(client, name):
            # Also from a screen that is published no more.
            self._broadcaster.unsubscribe(client, name)
            return messages.unsubscribed(name)
        feed = parse_feed(name, await self._scanners(name))
        if isinstance(request, Unsubscribe):
            return messages.unsubscribed(name)
        if request.mode == "delta":
            self._broadcaster.follow(client, feed, Projection.parse(name, request.fields, request.limit))
            return messages.following(name)
        if request.fields is not None or request.limit is not None:
            raise FeedError("fields and limit are of the mode delta: whole publications are forwarded as they are")
        if feed.is_alerts:
            await self._broadcaster.alerts.begin()
        self._broadcaster.subscribe(client, feed)
        return messages.subscribed(name)

    async def _read(self, request: Auth | Get | Hello) -> bytes:
        if isinstance(request, Auth):
            return messages.AUTHORIZED
        if isinstance(request, Hello):
            return messages.welcome(request.envelope)
        if request.cache == keys.ALERTS_CHANNEL:
            return await self._newest_alerts(request.limit)
        key = parse_key(request.cache, await self._scanners(request.cache))
        redis = self._shards[self._broadcaster.subscriber.server_of(key)]
        return messages.cached(key, await redis_values.read_json(redis, key), request.limit)

    async def _newest_alerts(self, limit: int | None) -> bytes:
        await self._alerts.caught_up()
        found = self._alerts.find(limit=min(limit or ALERTS_PER_ANSWER, ALERTS_PER_ANSWER))
        return messages.cached(keys.ALERTS_CHANNEL, b"[%b]" % b",".join(entry.published for entry in found), None)

    async def _scanners(self, name: str) -> tuple[str, ...]:
        """The channels of all boards and screens, refreshed if `name` may be that of a new screen."""
        if may_be_scanner(name) and name not in self._screens.scanners:
            await self._screens.refresh()
        return self._screens.scanners
