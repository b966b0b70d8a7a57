"""An honest client: how long it waits for each second's snapshot, and for an answer over HTTP."""

import json
import threading
import time
from typing import Any

import httpx
from websockets.sync.client import connect

from leaderboard.boards import BOARDS

#: Its own address: limits by address must not count the attackers' requests against it.
ADDRESS = ("127.0.0.2", 0)
#: Seconds between two questions over HTTP.
EVERY = 0.25
#: Seconds after which a question counts as not answered.
TIMEOUT = 10.0


class HonestClient:
    """Reads one board over a WebSocket and asks for it over HTTP, each question on a connection of its own.

    ``with HonestClient(port, key) as client: ...``; its waits are known afterwards as well.

    Args:
        port: of the gateway.
        key: what it authenticates with.
    """

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._over = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._listen, self._ask)]
        # Unix seconds.
        self._arrivals: list[float] = []
        # When each was asked, and how long the answer took.
        self._answers: list[tuple[float, float]] = []

    def __enter__(self) -> "HonestClient":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def greatest_wait(self, begin: float, end: float) -> float:
        """For the seconds from `begin` to `end`, Unix time: the longest from a second to its snapshot."""
        seconds = range(int(begin) + 1, int(end) + 1)
        return max((self._wait(second) for second in seconds), default=0.0)

    def _wait(self, second: int) -> float:
        return min((at for at in self._arrivals if at >= second), default=time.time()) - second

    def greatest_answer(self, begin: float, end: float) -> float:
        """The longest that an answer took, of the questions asked from `begin` to `end`, Unix time."""
        return max((took for at, took in self._answers if begin <= at <= end), default=TIMEOUT)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                self._read()
            except Exception:
                # Cut off or refused, which shows as a wait.
                self._over.wait(0.1)

    def _read(self) -> None:
        url = f"ws://127.0.0.1:{self._port}/ws"
        with connect(url, proxy=None, source_address=ADDRESS, max_size=None, open_timeout=TIMEOUT) as client:
            for message in ({"action": "auth", "api_key": self._key}, _SUBSCRIBE):
                client.send(json.dumps(message))
                client.recv(TIMEOUT)
            while not self._over.is_set():
                try:
                    client.recv(0.5)
                except TimeoutError:
                    continue
                self._arrivals.append(time.time())

    def _ask(self) -> None:
        transport = httpx.HTTPTransport(local_address=ADDRESS[0])
        headers = {"X-API-Key": self._key, "Connection": "close"}
        with httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False, headers=headers) as client:
            while not self._over.wait(EVERY):
                at, began = time.time(), time.monotonic()
                answered = self._is_answered(client)
                self._answers.append((at, time.monotonic() - began if answered else TIMEOUT))

    def _is_answered(self, client: httpx.Client) -> bool:
        try:
            answer: Any = client.get(f"http://127.0.0.1:{self._port}/api/boards/{BOARDS[0].name}")
        except httpx.HTTPError:
            return False
        return bool(answer.status_code == httpx.codes.OK)


_SUBSCRIBE = {"action": "subscribe", "feed": BOARDS[0].scanner}
