"""The bars on the tapes of all servers: each server's own, for its symbols."""

import asyncio
from collections.abc import Sequence
from datetime import date
from itertools import count

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from history.queries.candles import Bars
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from watch.gateway.history.tape_tail import Batch, TapeTail
from watch.gateway.supervisor import Supervisor


class TapeTails:
    """The bars of all symbols that the servers' tapes hold: see :class:`TapeTail`.

    They are read from the tapes that the scripts write, not from what a recorder collects of them: candles go on
    without a recorder, and those of one server without the others.

    Args:
        shards: the servers of the boards.
        supervisor: runs the background work.
    """

    def __init__(self, shards: Shards[Redis], supervisor: Supervisor) -> None:
        # One for all servers, so that a number says which batches of each are newer.
        numbers = count(1)
        self._tails = Shards([TapeTail(redis, supervisor, numbers) for redis in shards])

    @property
    def session(self) -> Session | None:
        """The newest session that any server shows; None: there is none, or it is not known yet."""
        return max((tail.session for tail in self._tails if tail.session), default=None)

    @property
    def losses(self) -> int:
        """How often a server was seen to have lost data, so that what was read before counts no more."""
        return sum(tail.losses for tail in self._tails)

    @property
    def number(self) -> int:
        """Of the last batch of any server."""
        return max(tail.number for tail in self._tails)

    def of(self, symbol: str) -> TapeTail:
        """The tail of a symbol's server."""
        return self._tails.of(symbol)

    def bars(self, symbol: str, day: date) -> Bars:
        """The bars of a symbol in a trading day, as :meth:`TapeTail.bars`."""
        return self.of(symbol).bars(symbol, day)

    def since(self, number: int) -> list[Batch]:
        """The batches after the one of this number; those of each server in their order."""
        return [batch for tail in self._tails for batch in tail.since(number)]

    async def caught_up(self) -> Sequence[Exception]:
        """Read all that the tapes had when this was called.

        Returns:
            Why servers are left out, while others are not.

        Raises:
            HTTPException, RedisError: of each server, as :meth:`TapeTail.caught_up`.
            InvalidValueError: a key holds something else.
        """
        done = await asyncio.gather(*(tail.caught_up() for tail in self._tails), return_exceptions=True)
        failed = [error for error in done if isinstance(error, RedisError | HTTPException)]
        for error in done:
            if isinstance(error, BaseException) and (error not in failed or len(failed) == len(done)):
                raise error
        return failed

    async def run(self) -> None:
        """Keep them up until cancelled, while they are asked for."""
        async with asyncio.TaskGroup() as tasks:
            for tail in self._tails:
                tasks.create_task(tail.run())
