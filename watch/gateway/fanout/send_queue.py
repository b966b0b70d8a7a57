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

    They are sent it at the next turn of the event loop; while more is on its way, once that has come: a second's
    boards are published at once but take several reads to come, and a write for each would cost three times the
    system calls.
    """

    def __init__(self) -> None:
        self._sends: deque[Callable[[], None]] = deque()
        self._is_held = False
        # Whether some of those that wait were sent what they wait for, and the others follow.
        self._is_sending = False
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
        if self._is_sending or is_more_coming == self._is_held:
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
        try:
            for _ in range(min(_PER_TURN, len(self._sends))):
                self._sends.popleft()()
        finally:
            self._is_sending = bool(self._sends)
            if self._is_sending:
                self._due = asyncio.get_running_loop().call_soon(self._send)
