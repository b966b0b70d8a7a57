"""A client that stores each snapshot of a board that the gateway sends it."""

import json
import threading
import time
from typing import NamedTuple

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Snapshot(NamedTuple):
    """A message of the gateway.

    Attributes:
        at: when it came, Unix milliseconds.
        text: the published JSON.
    """

    at: int
    text: str


class StoredSnapshots(threading.Thread):
    """Stores all that comes of one board or screen.

    Args:
        port: of the gateway.
        feed: as a client subscribes to it.

    Attributes:
        snapshots: in the order in which they came.
    """

    def __init__(self, port: int, feed: str) -> None:
        super().__init__(daemon=True)
        self.snapshots: list[Snapshot] = []
        self._client = connect(f"ws://127.0.0.1:{port}/ws", max_size=None, proxy=None)
        self._client.send(json.dumps({"action": "subscribe", "feed": feed}))
        assert json.loads(self._client.recv()) == {"status": "subscribed", "feed": feed}

    def run(self) -> None:
        try:
            for text in self._client:
                assert isinstance(text, str)
                self.snapshots.append(Snapshot(time.time_ns() // 1_000_000, text))
        except ConnectionClosed:
            # By :meth:`end`, or the gateway has ended.
            return

    def end(self) -> None:
        """Leave, once all that has come is stored."""
        self._client.close()
        self.join()
