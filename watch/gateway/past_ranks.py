"""The ranks of boards and screens a minute ago, for the moves that viewers see beside their rows."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from leaderboard import keys
from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.screens.definition import Definition
from watch.gateway.supervisor import Supervisor

#: Seconds back with which ranks are compared.
SPAN = 60.0
# Seconds between two readings, and after the last request until the past is dropped.
_INTERVAL = 5.0
_WARM = 300.0


class _Ranked(Struct):
    symbol: str


_decode = msgspec.json.Decoder(list[_Ranked]).decode


@dataclass(frozen=True)
class Ranks:
    """The ranks of a board at some time.

    Attributes:
        published_at: Unix milliseconds; None: it was not published yet.
        symbols: best first.
    """

    published_at: int | None
    symbols: tuple[str, ...]


@dataclass
class _Followed:
    """A board that somebody has asked for.

    Attributes:
        definition: of the board.
        asked_at: when it was asked for last, by the monotonic clock.
        session: number of the session of the readings: the ranks of another are not compared.
        readings: with their times, the oldest first; the first one may be older than :data:`SPAN`.
    """

    definition: Definition
    asked_at: float
    session: int | None = None
    readings: deque[tuple[float, Ranks]] = field(default_factory=deque)


class PastRanks:
    """Reads the boards that somebody asks for every few seconds, and remembers the order of their symbols.

    Args:
        redis: of the boards.
        supervisor: runs the background work.
        clock: seconds that never go back.
    """

    def __init__(self, redis: Redis, supervisor: Supervisor, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._supervisor = supervisor
        self._clock = clock
        self._followed: dict[str, _Followed] = {}

    async def a_minute_ago(self, definition: Definition) -> Ranks:
        """The ranks of a board a minute ago, or as long ago as they are known in its present session.

        Args:
            definition: of the board.

        Raises:
            InvalidValueError: a key holds something else.
            RedisError: Redis refuses, or does not answer.
        """
        now = self._clock()
        followed = self._followed.get(definition.name)
        if followed is None or followed.definition != definition:
            followed = _Followed(definition, now)
            await self._read(followed)
            self._followed[definition.name] = followed
        followed.asked_at = now
        return followed.readings[0][1]

    async def run(self) -> None:
        """Read the boards until cancelled."""
        await self._supervisor.every(_INTERVAL, "past ranks", self.update)

    async def update(self) -> None:
        """Read the boards that were asked for in the last minutes."""
        now = self._clock()
        for name, followed in list(self._followed.items()):
            if now - followed.asked_at > _WARM:
                del self._followed[name]
                continue
            try:
                await self._read(followed)
            except (RedisError, InvalidValueError):
                # Of what is not known now nothing is compared. A request for the board itself says why.
                del self._followed[name]

    async def _read(self, followed: _Followed) -> None:
        definition = followed.definition
        state = keys.SNAPSHOT if definition.is_board else keys.SCREENS_STATE
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(definition.scanner)
            pipe.get(keys.SESSION)
            pipe.hget(state, "published_at")
            board, session, published_at = await pipe.execute(raise_on_error=False)
        published = redis_values.whole_number(state, published_at)
        ranks = Ranks(published, _symbols(definition.scanner, board))
        number = redis_values.whole_number(keys.SESSION, session)
        if number != followed.session:
            followed.session = number
            followed.readings.clear()
        now = self._clock()
        followed.readings.append((now, ranks))
        while len(followed.readings) > 1 and followed.readings[1][0] <= now - SPAN:
            followed.readings.popleft()


def _symbols(key: str, reply: object) -> tuple[str, ...]:
    board = redis_values.json(key, reply)
    try:
        return tuple(row.symbol for row in _decode(board or b"[]"))
    except msgspec.DecodeError:
        raise InvalidValueError(key, "a board") from None
