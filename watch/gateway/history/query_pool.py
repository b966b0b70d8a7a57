"""The processes that answer queries over recorded history, and who may have them when."""

import asyncio
import logging
from collections import Counter
from pathlib import Path

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException

from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.history.messages import Reply
from watch.gateway.history.query_process import ProcessDiedError, QueryProcess
from watch.gateway.limits import (
    HISTORY_PROCESSES,
    QUERIES,
    QUERIES_PER_ADDRESS,
    QUERY_DEADLINE,
    QUERY_START,
    QUERY_WAIT,
)

log = logging.getLogger(__name__)

# Seconds after which a client that was refused may ask again.
_RETRY_AFTER = {"Retry-After": "2"}
_key = msgspec.msgpack.Encoder().encode


class QueryPool:
    """Answers queries in processes of their own, so that the event loop never waits for a disk or for DuckDB.

    The processes are started when they are first needed. The start does not count as a part of the query: a busy
    machine would kill each process before its first answer. One whose query takes too long is killed, and replaced
    at the next query. Queries wait in the order in which they came. There is a limit to how many do, in all and of
    one address. Equal queries that come together share one answer.

    Args:
        folder: where history is recorded.
        deadline: seconds that a query may take in a process that is ready.

    Attributes:
        answered: queries that were answered.
        refused: queries that were refused because too many waited, or waited too long.
        killed: processes that were killed because a query, or their start, took too long.
        died: processes that ended by themselves.
    """

    def __init__(self, folder: Path, deadline: float = QUERY_DEADLINE) -> None:
        self._folder = folder
        self._deadline = deadline
        self._turn = asyncio.Semaphore(HISTORY_PROCESSES)
        self._idle: list[QueryProcess] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._pending = 0
        self._pending_of: Counter[ClientAddress] = Counter()
        # By query, those that run or wait.
        self._shared: dict[bytes, asyncio.Task[Reply]] = {}
        self.answered = self.refused = self.killed = self.died = 0

    async def answer(self, query: Struct, address: ClientAddress | None = None) -> bytes:
        """The answer to a query.

        Args:
            query: one of :mod:`watch.gateway.history.queries`.
            address: of the client that waits for it; None: the gateway itself.

        Raises:
            HTTPException: there is no answer, and the text says why: 404 where nothing is recorded, 503 if too
                many queries wait, or this one failed or took too long.
        """
        self._check_limits(address)
        self._pending += 1
        if address:
            self._pending_of[address] += 1
        try:
            reply = await self._share(query)
        finally:
            self._pending -= 1
            if address:
                self._pending_of[address] -= 1
                self._pending_of += Counter()
        if reply.status != 200:
            headers = _RETRY_AFTER if reply.status == 503 else None
            raise HTTPException(reply.status, reply.body.decode(), headers)
        self.answered += 1
        return reply.body

    def _check_limits(self, address: ClientAddress | None) -> None:
        if self._pending >= QUERIES:
            sentence = "too many queries over history wait at the moment"
        elif address and not address.is_proxy and self._pending_of[address] >= QUERIES_PER_ADDRESS:
            sentence = f"this address has {QUERIES_PER_ADDRESS} queries over history under way, the most at a time"
        else:
            return
        self.refused += 1
        raise HTTPException(503, sentence, _RETRY_AFTER)

    async def _share(self, query: Struct) -> Reply:
        key = _key(query)
        task = self._shared.get(key)
        if task is None:
            task = self._shared[key] = asyncio.create_task(self._ask(query))
            task.add_done_callback(lambda _: self._shared.pop(key))
        try:
            # The others wait for it on, if one of them leaves.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                return Reply(503, b"the gateway is stopping")
            raise

    async def _ask(self, query: Struct) -> Reply:
        try:
            async with asyncio.timeout(QUERY_WAIT):
                await self._turn.acquire()
        except TimeoutError:
            self.refused += 1
            return Reply(503, b"other queries over history take too long at the moment")
        try:
            return await self._ask_process(query)
        except ProcessDiedError:
            self.died += 1
            log.error("a process for queries over history has ended at %s", type(query).__name__)
            return Reply(503, b"the query over history failed")
        finally:
            self._turn.release()

    async def _ask_process(self, query: Struct) -> Reply:
        # The system may have killed an idle one, for want of memory.
        self._idle = [process for process in self._idle if process.is_running]
        is_new = not self._idle
        process = await QueryProcess.start(self._folder) if is_new else self._idle.pop()
        what, seconds = "start of a process for queries over history", QUERY_START
        try:
            if is_new:
                async with asyncio.timeout(seconds):
                    await process.ready()
            what, seconds = type(query).__name__, self._deadline
            async with asyncio.timeout(seconds):
                reply = await process.ask(query)
        except TimeoutError:
            self._stop(process)
            self.killed += 1
            log.warning("%s took more than %g s and was stopped", what, seconds)
            return Reply(503, b"the query over history took too long, and was stopped")
        except BaseException:
            self._stop(process)
            raise
        self._idle.append(process)
        return reply

    async def close(self) -> None:
        """Stop all processes, whatever they do. Pending queries are answered with 503."""
        asking = list(self._shared.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        while self._idle:
            self._stop(self._idle.pop())
        await asyncio.gather(*self._ending)

    def _stop(self, process: QueryProcess) -> None:
        process.kill()
        ending = asyncio.create_task(process.ended())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
