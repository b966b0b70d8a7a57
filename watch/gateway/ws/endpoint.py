"""The WebSocket endpoint: one client's conversation."""

import asyncio
from contextlib import suppress
from itertools import count
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from watch.gateway import redis_values
from watch.gateway.connections.access import Access
from watch.gateway.connections.guesses import Guesses
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.feed import FeedError, feed_of, key_of
from watch.gateway.redis_values import InvalidValueError
from watch.gateway.ws import messages
from watch.gateway.ws.messages import Auth, Get, Subscribe, Unsubscribe
from watch.gateway.ws.reply_queue import ReplyQueue
from watch.gateway.ws.websocket_protocol import EXTENSION, WebSocketProtocol

#: Seconds that a client has to authenticate, and keys that it may try.
TIME_TO_AUTHENTICATE = 10.0
ATTEMPTS = 3

# Messages of one client that are answered before others have their turn.
_TOGETHER = 8

_POLICY_VIOLATION = 1008


class _RefusedError(Exception):
    """The connection is to be ended."""


class WebSocketEndpoint:
    """Talks with clients.

    Args:
        broadcaster: forwards feeds.
        redis: of the boards.
        access: knows the key that clients must authenticate with, if any.
        guesses: counts wrong keys.
    """

    def __init__(self, broadcaster: Broadcaster, redis: Redis, access: Access, guesses: Guesses) -> None:
        self._broadcaster = broadcaster
        self._redis = redis
        self._access = access
        self._guesses = guesses

    async def serve(self, websocket: WebSocket) -> None:
        """Talk with one client until it leaves."""
        await websocket.accept()
        connection = cast(WebSocketProtocol, websocket.scope["extensions"][EXTENSION])
        client = Client(connection, self._broadcaster.counters)
        answers = ReplyQueue(client, self._broadcaster.settle)
        self._broadcaster.clients.add(client)
        try:
            if self._access.wants_key:
                # What it sends is read as late as its address has to wait.
                async with asyncio.timeout(TIME_TO_AUTHENTICATE + connection.address.work.debt):
                    await self._authenticate(websocket, connection, client)
            for n in count():
                if n % _TOGETHER == 0:
                    # One that sends many at once goes on when the others have had their turn.
                    await asyncio.sleep(0)
                message = await self._message(websocket, connection)
                await connection.answered(await self._reply(client, answers, message))
        except (_RefusedError, TimeoutError):
            client.reply(messages.UNAUTHORIZED)
            with suppress(WebSocketDisconnect):
                await websocket.close(_POLICY_VIOLATION, "unauthorized")
        except WebSocketDisconnect:
            pass
        finally:
            answers.drop()
            await self._broadcaster.leave(client)

    @staticmethod
    async def _message(websocket: WebSocket, connection: WebSocketProtocol) -> str | bytes:
        # A client that does not take its answers is asked for no more questions.
        await connection.writable.wait()
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        return cast(str | bytes, event.get("text") or event.get("bytes") or "")

    async def _authenticate(self, websocket: WebSocket, connection: WebSocketProtocol, client: Client) -> None:
        address = connection.address
        for _ in range(ATTEMPTS):
            try:
                request = messages.request_of(await self._message(websocket, connection))
            except msgspec.DecodeError:
                raise _RefusedError from None
            if not isinstance(request, Auth):
                raise _RefusedError
            if self._guesses.are_too_many(address):
                raise _RefusedError
            if self._access.is_key(request.api_key):
                client.reply(messages.AUTHORIZED)
                return
            self._guesses.note(address, request.api_key)
            client.reply(messages.INVALID_KEY)
        raise _RefusedError

    async def _reply(self, client: Client, answers: ReplyQueue, message: str | bytes) -> int:
        """Answer a message. Returns the answer's size."""
        try:
            request = messages.request_of(message)
            if isinstance(request, Subscribe | Unsubscribe):
                answer = self._change(client, request)
                await answers.confirmed(answer)
                return len(answer)
            # What it is told must not be older than what is forwarded to it.
            await answers.sent()
            answer = await self._told(request)
        except (msgspec.DecodeError, FeedError, InvalidValueError) as error:
            await answers.sent()
            answer = messages.error(str(error))
        except RedisError:
            answer = messages.error("the boards cannot be reached at the moment")
        client.reply(answer)
        return len(answer)

    def _change(self, client: Client, request: Subscribe | Unsubscribe) -> bytes:
        feed = feed_of(request.feed)
        if isinstance(request, Subscribe):
            self._broadcaster.subscribe(client, feed)
            return messages.subscribed(feed.name)
        self._broadcaster.unsubscribe(client, feed.name)
        return messages.unsubscribed(feed.name)

    async def _told(self, request: Auth | Get) -> bytes:
        if isinstance(request, Auth):
            return messages.AUTHORIZED
        return messages.cached(
            request.cache, await redis_values.read_json(self._redis, key_of(request.cache)), request.limit
        )
