"""A process that answers queries over recorded history, as the gateway sees it."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Self

from msgspec import Struct

from watch.gateway.history import messages
from watch.gateway.history.messages import HEADER, Reply

_MODULE = "watch.gateway.history.query_worker"
# Seconds to wait for a killed process.
_ENDING = 1.0


class ProcessDiedError(Exception):
    """The process has ended before it replied."""


class QueryProcess:
    """One process, which answers one query at a time.

    Args:
        process: with pipes to its input and from its output.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, folder: Path) -> Self:
        """Start a process. It is not ready yet.

        Args:
            folder: where history is recorded.

        Raises:
            ProcessDiedError: the machine has no room for one more.
        """
        command = (sys.executable, "-m", _MODULE, str(folder))
        try:
            return cls(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE))
        except OSError as error:
            raise ProcessDiedError from error

    async def ready(self) -> None:
        """Wait until it can answer queries. If this is cancelled, kill the process.

        Raises:
            ProcessDiedError: the process has ended.
        """
        await self._reply()

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def ask(self, query: Struct) -> Reply:
        """Ask a query. If this is cancelled, kill the process: its reply would be read as that to the next query.

        Raises:
            ProcessDiedError: the process has ended.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(messages.framed(query))
            await self._process.stdin.drain()
        except OSError:
            raise ProcessDiedError from None
        return await self._reply()

    async def _reply(self) -> Reply:
        assert self._process.stdout
        try:
            header = await self._process.stdout.readexactly(HEADER)
            return messages.reply(await self._process.stdout.readexactly(messages.length(header)))
        except (OSError, asyncio.IncompleteReadError):
            raise ProcessDiedError from None

    def kill(self) -> None:
        """End it at once, whatever it does. It has nothing that would be lost."""
        # It may have ended a moment ago.
        with suppress(ProcessLookupError):
            self._process.kill()

    async def ended(self) -> None:
        """Wait until it has ended; not for long, if a disk that does not answer keeps it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ENDING):
                await self._process.wait()
