"""The WebSocket endpoint: one client's conversation."""

import asyncio
from contextlib import suppress
from itertools import count
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from watch.gateway import protocol, stored
from watch.gateway.access import Access
from watch.gateway.answers import Answers
from watch.gateway.client import Client
from watch.gateway.feeds import FeedError, feed_of, key_of
from watch.gateway.guesses import Guesses
from watch.gateway.hub import Hub
from watch.gateway.protocol import Auth, Get, Subscribe, Unsubscribe
from watch.gateway.stored import JunkError
from watch.gateway.wire import EXTENSION, Wire

#: Seconds that a client has to authenticate, and keys that it may try.
TIME_TO_AUTHENTICATE = 10.0
ATTEMPTS = 3

# Messages of one client that are answered before others have their turn.
_TOGETHER = 8

_POLICY_VIOLATION = 1008


class _RefusedError(Exception):
    """The connection is to be ended."""


class Endpoint:
    """Talks with clients.

    Args:
        hub: forwards feeds.
        redis: of the boards.
        access: knows the key that clients must authenticate with, if any.
        guesses: counts wrong keys.
    """

    def __init__(self, hub: Hub, redis: Redis, access: Access, guesses: Guesses) -> None:
        self._hub = hub
        self._redis = redis
        self._access = access
        self._guesses = guesses

    async def serve(self, websocket: WebSocket) -> None:
        """Talk with one client until it leaves."""
        await websocket.accept()
        wire = cast(Wire, websocket.scope["extensions"][EXTENSION])
        client = Client(wire, self._hub.totals)
        answers = Answers(client, self._hub.settle)
        self._hub.clients.add(client)
        try:
            if self._access.wants_key:
                # What it sends is read as late as its address has to wait.
                async with asyncio.timeout(TIME_TO_AUTHENTICATE + wire.source.work.debt):
                    await self._authenticate(websocket, wire, client)
            for n in count():
                if n % _TOGETHER == 0:
                    # One that sends many at once goes on when the others have had their turn.
                    await asyncio.sleep(0)
                message = await self._message(websocket, wire)
                await wire.answered(await self._reply(client, answers, message))
        except (_RefusedError, TimeoutError):
            client.reply(protocol.UNAUTHORIZED)
            with suppress(WebSocketDisconnect):
                await websocket.close(_POLICY_VIOLATION, "unauthorized")
        except WebSocketDisconnect:
            pass
        finally:
            answers.drop()
            await self._hub.leave(client)

    @staticmethod
    async def _message(websocket: WebSocket, wire: Wire) -> str | bytes:
        # A client that does not take its answers is asked for no more questions.
        await wire.writable.wait()
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        return cast(str | bytes, event.get("text") or event.get("bytes") or "")

    async def _authenticate(self, websocket: WebSocket, wire: Wire, client: Client) -> None:
        source = wire.source
        for _ in range(ATTEMPTS):
            try:
                request = protocol.request_of(await self._message(websocket, wire))
            except msgspec.DecodeError:
                raise _RefusedError from None
            if not isinstance(request, Auth):
                raise _RefusedError
            if self._guesses.are_too_many(source):
                raise _RefusedError
            if self._access.is_key(request.api_key):
                client.reply(protocol.AUTHORIZED)
                return
            self._guesses.note(source, request.api_key)
            client.reply(protocol.INVALID_KEY)
        raise _RefusedError

    async def _reply(self, client: Client, answers: Answers, message: str | bytes) -> int:
        """Answer a message. Returns the answer's size."""
        try:
            request = protocol.request_of(message)
            if isinstance(request, Subscribe | Unsubscribe):
                answer = self._change(client, request)
                await answers.confirmed(answer)
                return len(answer)
            # What it is told must not be older than what is forwarded to it.
            await answers.sent()
            answer = await self._told(request)
        except (msgspec.DecodeError, FeedError, JunkError) as error:
            await answers.sent()
            answer = protocol.error(str(error))
        except RedisError:
            answer = protocol.error("the boards cannot be reached at the moment")
        client.reply(answer)
        return len(answer)

    def _change(self, client: Client, request: Subscribe | Unsubscribe) -> bytes:
        feed = feed_of(request.feed)
        if isinstance(request, Subscribe):
            self._hub.subscribe(client, feed)
            return protocol.subscribed(feed.name)
        self._hub.unsubscribe(client, feed.name)
        return protocol.unsubscribed(feed.name)

    async def _told(self, request: Auth | Get) -> bytes:
        if isinstance(request, Auth):
            return protocol.AUTHORIZED
        return protocol.cached(
            request.cache, await stored.read_json(self._redis, key_of(request.cache)), request.limit
        )
