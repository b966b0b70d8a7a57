"""The WebSocket endpoint: one client's conversation."""

import asyncio
from contextlib import suppress
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from watch.gateway import protocol, stored
from watch.gateway.access import Access
from watch.gateway.client import Client
from watch.gateway.feeds import FeedError, feed_of, key_of
from watch.gateway.guesses import Guesses
from watch.gateway.hub import Hub
from watch.gateway.protocol import Auth, Get, Request, Subscribe, Unsubscribe
from watch.gateway.stored import JunkError
from watch.gateway.wire import EXTENSION, Wire

#: Seconds that a client has to authenticate, and keys that it may try.
TIME_TO_AUTHENTICATE = 5.0
ATTEMPTS = 3

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
        self._hub.clients.add(client)
        try:
            if self._access.wants_key:
                async with asyncio.timeout(TIME_TO_AUTHENTICATE):
                    await self._authenticate(websocket, wire, client)
            while True:
                answer = await self._answer(client, await self._message(websocket, wire))
                client.reply(answer)
                await wire.answered(len(answer))
        except (_RefusedError, TimeoutError):
            client.reply(protocol.UNAUTHORIZED)
            with suppress(WebSocketDisconnect):
                await websocket.close(_POLICY_VIOLATION, "unauthorized")
        except WebSocketDisconnect:
            pass
        finally:
            await self._hub.leave(client)

    @staticmethod
    async def _message(websocket: WebSocket, wire: Wire) -> str | bytes:
        # A client that does not take its answers is asked for no more questions.
        await wire.writable.wait()
        # Nor one that sends many at once before the others have had their turn.
        await asyncio.sleep(0)
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

    async def _answer(self, client: Client, message: str | bytes) -> bytes:
        try:
            return await self._done(client, protocol.request_of(message))
        except (msgspec.DecodeError, FeedError, JunkError) as error:
            return protocol.error(str(error))
        except RedisError:
            return protocol.error("the boards cannot be reached at the moment")

    async def _done(self, client: Client, request: Request) -> bytes:
        match request:
            case Auth():
                return protocol.AUTHORIZED
            case Subscribe(feed=name):
                await self._hub.subscribe(client, feed_of(name))
                return protocol.subscribed(name)
            case Unsubscribe(feed=name):
                feed_of(name)
                await self._hub.unsubscribe(client, name)
                return protocol.unsubscribed(name)
            case Get(cache=name, limit=limit):
                return protocol.cached(name, await stored.read_json(self._redis, key_of(name)), limit)
