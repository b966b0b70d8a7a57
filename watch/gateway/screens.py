"""Which screens are published now: one list, for the WebSocket and for HTTP."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.screens import definition
from leaderboard.screens.definition import Definition
from watch.gateway.supervisor import Supervisor

# Seconds between two readings of the definitions.
_INTERVAL = 1.0

_BOARD_SCANNERS = tuple(board.scanner for board in BOARDS)


class PublishedScreens:
    """The screens as the clock workers last declared them. They change while the gateway runs.

    While Redis is away, or holds something else in their place, the last list stays.

    Args:
        redis: of the boards.
        supervisor: runs :meth:`run`'s work.

    Attributes:
        definitions: of the screens, in the order of their file.
        on_change: awaited after the list has changed.
    """

    def __init__(self, redis: Redis, supervisor: Supervisor) -> None:
        self._redis = redis
        self._supervisor = supervisor
        self._by_name: dict[str, Definition] = {}
        self.definitions: tuple[Definition, ...] = ()
        self.on_change: Callable[[], Awaitable[None]] | None = None

    @property
    def scanners(self) -> tuple[str, ...]:
        """The channels, which are also the cache keys, of all boards and screens."""
        return (*_BOARD_SCANNERS, *(each.scanner for each in self.definitions))

    async def find(self, name: str) -> Definition | None:
        """The screen of that name; None: no such screen is published.

        Raises:
            RedisError: it is not known yet, and Redis does not answer.
            InvalidValueError: it is not known yet, and Redis holds something else than definitions.
        """
        if name not in self._by_name:
            await self.refresh()
        return self._by_name.get(name)

    async def refresh(self) -> None:
        """Read the definitions now.

        Raises:
            RedisError: Redis refuses, or does not answer.
            InvalidValueError: it holds something else.
        """
        published = await redis_values.read_json(self._redis, keys.SCREENS)
        try:
            definitions = definition.decode(published)
        except msgspec.DecodeError:
            raise InvalidValueError(keys.SCREENS, "definitions of screens") from None
        if definitions != self.definitions:
            self.definitions = definitions
            self._by_name = {each.name: each for each in definitions}
            if self.on_change:
                await self.on_change()

    async def run(self) -> None:
        """Keep the list fresh until cancelled."""
        await self._supervisor.every(_INTERVAL, "the list of screens", self._refresh_if_possible)

    async def _refresh_if_possible(self) -> None:
        # That Redis does not answer is the monitor's to say.
        with suppress(RedisError):
            await self.refresh()
