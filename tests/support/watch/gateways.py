"""A gateway in a process of its own, and clients that know only its protocol."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from hypothesis import strategies as some
from redis import Redis
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from deploy.redis_server import free_port
from leaderboard.boards import BY_NAME
from tests.support.processes import Processes
from tests.support.waiting import eventually

NAME = "gateway"
#: Seconds to wait for what should arrive at once.
SOON = 10.0
#: Seconds to wait for an answer over HTTP: the first one about history waits for a process to start.
ANSWERED = 90.0
#: The API key of a gateway that requires one.
KEY = "a key for tests only"
#: An address of an honest client's own.
HONEST = "127.0.0.2"

VOLUME, GAPPERS, GAINERS = (BY_NAME[name].scanner for name in ("volume", "gappers", "gainers"))

_JSON = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_MEMBERS = some.fixed_dictionaries(
    {"action": some.sampled_from(["auth", "subscribe", "unsubscribe", "get", "hello"]) | _JSON},
    optional={
        "feed": _JSON,
        "mode": some.sampled_from(["whole", "delta"]) | _JSON,
        "fields": some.lists(some.sampled_from(["close", "rank", "x"])) | _JSON,
        "cache": _JSON,
        "limit": _JSON,
        "api_key": _JSON,
        "envelope": _JSON,
    },
)

#: What a client may send: anything, and now and then what looks like the protocol.
MESSAGES = some.binary(max_size=200) | some.text(max_size=200) | (_JSON | _MEMBERS).map(json.dumps)


class Gateway:
    """A gateway on this machine.

    Args:
        folder: where its log goes.
        key: the API key that it requires; empty: none.
        environment: more of its settings.
    """

    def __init__(self, folder: Path, key: str = "", **environment: str) -> None:
        self.port = free_port()
        self.key = key
        self._processes = Processes(folder, GATEWAY_API_KEY=key, LOG_FORMAT="text", **environment)
        self.start()

    def start(self) -> None:
        """Start it where it was before, and wait until it answers."""
        self.launch()
        self._processes.await_log(NAME, "the boards are at")

    def launch(self) -> None:
        """Start it, without waiting for it."""
        self._processes.start(NAME, "watch", "serve", "--port", str(self.port))

    @property
    def pid(self) -> int:
        return self._processes.pid(NAME)

    def stop(self) -> None:
        self._processes.stop()

    @property
    def log(self) -> str:
        return self._processes.log(NAME)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=ANSWERED, trust_env=False)

    def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        metrics = self.get("/metrics", {"X-API-Key": self.key}).text
        [value] = [line.split()[1] for line in metrics.splitlines() if line.startswith(f"{name} ")]
        return float(value)

    def connect(self, **options: Any) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}/ws", max_size=None, proxy=None, **options)


def answered(gateway: Gateway, path: str) -> Any:
    """The JSON that a path is answered with."""
    answer = gateway.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def publish(redis: Redis, channel: str, payload: str) -> None:
    """Publish as the core does. At least one subscriber must exist."""
    redis.set(channel, payload)
    assert redis.publish(channel, payload) >= 1


def ask(client: ClientConnection, message: Any) -> Any:
    """Send a message, as JSON where it is no text, and read the answer."""
    client.send(message if isinstance(message, str | bytes) else json.dumps(message))
    return json.loads(client.recv(SOON))


def subscribe(client: ClientConnection, *feeds: str) -> None:
    for feed in feeds:
        assert ask(client, {"action": "subscribe", "feed": feed}) == {"status": "subscribed", "feed": feed}


def follow(client: ClientConnection, feed: str, **projection: Any) -> dict[str, Any]:
    """Subscribe to a board's deltas, of these fields and rows, and read the whole board that comes first."""
    answer = {"status": "subscribed", "feed": feed, "mode": "delta"}
    assert ask(client, {"action": "subscribe", "feed": feed, "mode": "delta"} | projection) == answer
    whole: dict[str, Any] = json.loads(received(client))
    assert whole.keys() == {"feed", "seq", "rows"}
    return whole


def received(client: ClientConnection) -> str:
    text = client.recv(SOON)
    assert isinstance(text, str)
    return text


def is_silent(client: ClientConnection) -> bool:
    """Whether the next message is the answer to a request sent now."""
    answer = ask(client, {"action": "unsubscribe", "feed": "quote:NOBODY"})
    return bool(answer == {"status": "unsubscribed", "feed": "quote:NOBODY"})


def closing(client: ClientConnection) -> tuple[list[str], int]:
    """All messages until the connection is closed, and the close code."""
    came: list[str] = []
    with suppress(ConnectionClosed):
        while True:
            came.append(received(client))
    assert client.close_code is not None
    return came, client.close_code


def volume_symbols(gateway: Gateway, query: str) -> list[str]:
    """The symbols of the volume board that a query over HTTP asks for, best first."""
    answer = gateway.get(f"/api/boards/volume?{query}")
    assert answer.status_code == 200, answer.text
    return [row["symbol"] for row in answer.json()["rows"]]


def eventually_healthy(gateway: Gateway, part: str, *, ok: bool) -> None:
    """Wait until `/healthz` says that a part is healthy, or is not."""

    def is_so() -> bool:
        is_ok: bool = gateway.get("/healthz").json()["parts"][part]["ok"]
        return is_ok is ok

    eventually(is_so, what=f"{part} {'well' if ok else 'not well'}")
