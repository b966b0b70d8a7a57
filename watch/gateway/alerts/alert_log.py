"""The gateway's copy of the newest alerts."""

import asyncio
from collections import deque
from collections.abc import Collection
from itertools import islice
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.alerts.stream import BEGINNING, Entry, RawEntry, entries_of, place
from leaderboard.connections.redis_values import checked
from watch.gateway.shared_refresh import SharedRefresh
from watch.gateway.supervisor import Supervisor

# Alerts that are kept: as many as the stream has.
_KEPT = 10_000
# Entries that one command reads, so that neither Redis nor the gateway is busy with them for long.
_CHUNK = 500
# Seconds after the last request in which refreshes go on.
_WARM = 300.0


class AlertLog:
    """The alerts of the stream, the newest 10,000. It is read on when somebody needs it.

    Args:
        redis: of the boards.
        supervisor: runs the background work.
    """

    def __init__(self, redis: Redis, supervisor: Supervisor) -> None:
        self._redis = redis
        self._shared = SharedRefresh("the alerts", supervisor, self._refresh, self._forget, warm=_WARM)
        self._forget()

    def _forget(self) -> None:
        # The oldest first.
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        # The id of the last entry that was read, be it an alert or not.
        self._last = BEGINNING

    @property
    def last(self) -> str:
        """The id of the stream's last entry that was read."""
        return self._last

    @property
    def complete_since(self) -> int | None:
        """From when on all alerts are there, Unix milliseconds; None: none was removed."""
        # The oldest one's tick may be there in part.
        return self._entries[0].alert.at + 1 if len(self._entries) == _KEPT else None

    async def caught_up(self) -> None:
        """Have all alerts that had fired when this was called.

        Raises:
            InvalidValueError: the key of the stream holds something else.
            RedisError: Redis refuses, or does not answer.
        """
        await self._shared.caught_up()

    async def run(self) -> None:
        """Keep it warm until cancelled."""
        await self._shared.run()

    def after(self, last: str) -> list[Entry]:
        """The alerts after an entry of the stream, the oldest first.

        Args:
            last: the id of the entry.
        """
        found: list[Entry] = []
        for entry in reversed(self._entries):
            if place(entry.id) <= place(last):
                break
            found.append(entry)
        return found[::-1]

    def find(
        self,
        limit: int,
        since: int | None = None,
        until: int | None = None,
        rules: Collection[str] = (),
        symbols: Collection[str] = (),
    ) -> list[Entry]:
        """Alerts, the newest first.

        Args:
            limit: how many at most.
            since, until: when they fired, Unix milliseconds, both included; None: whenever.
            rules, symbols: of one of these; empty: of any.
        """
        found = (
            entry
            for entry in reversed(self._entries)
            if (since is None or entry.alert.at >= since)
            and (until is None or entry.alert.at <= until)
            and (not rules or entry.alert.rule in rules)
            and (not symbols or entry.alert.symbol in symbols)
        )
        return list(islice(found, limit))

    async def _refresh(self) -> None:
        while True:
            raw = await self._read()
            if self._last != BEGINNING:
                if not raw or raw[0][0].decode() != self._last:
                    # What was read last is gone: Redis has lost data, or so many have come that it was removed.
                    self._forget()
                    continue
                raw = raw[1:]
            self._entries.extend(entries_of(raw))
            if raw:
                self._last = raw[-1][0].decode()
            if len(raw) < _CHUNK - 1:
                return
            await asyncio.sleep(0)

    async def _read(self) -> list[RawEntry]:
        """The entry that was read last, as long as it is there, and those behind it."""
        try:
            reply = await self._redis.xrange(keys.ALERTS, min=self._last, count=_CHUNK)
        except ResponseError as error:
            reply = checked(keys.ALERTS, error, "a stream")
        return cast(list[RawEntry], reply)
