"""When clients are sent what was published."""

import asyncio
from collections import deque
from collections.abc import Callable

# Seconds that clients wait for more at most.
_HELD = 0.1
# Clients that are sent something before the event loop does everything else.
_PER_TURN = 500


class SendQueue:
    """Clients for which something waits, in their turn.

    They are sent it when the event loop turns, or when no more is on its way: a second's boards are published at
    once but take several reads to come, and a write for each of them would cost three times the system calls.
    """

    def __init__(self) -> None:
        self._sends: deque[Callable[[], None]] = deque()
        self._is_held = False
        self._due: asyncio.Handle | None = None

    def add(self, send: Callable[[], None]) -> None:
        """Have a client be sent what waits for it.

        Args:
            send: sends it.
        """
        self._sends.append(send)
        if self._due is None:
            self._due = asyncio.get_running_loop().call_soon(self._send)

    def hold(self, is_more_coming: bool) -> None:
        """Note whether more of what was published has come in part, so that clients should wait for it."""
        if is_more_coming == self._is_held:
            return
        self._is_held = is_more_coming
        if self._due:
            self._due.cancel()
            self._due = None
        loop = asyncio.get_running_loop()
        if is_more_coming:
            self._due = loop.call_later(_HELD, self._send)
        elif self._sends:
            self._due = loop.call_soon(self._send)

    def _send(self) -> None:
        self._due = None
        self._is_held = False
        for _ in range(min(_PER_TURN, len(self._sends))):
            self._sends.popleft()()
        if self._sends:
            self._due = asyncio.get_running_loop().call_soon(self._send)
