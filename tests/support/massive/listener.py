"""A listener to the market data service in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr
from redis.backoff import ConstantBackoff

from feeds.massive.frames import Frame, FrameReader
from feeds.massive.silence_detector import SilenceDetector
from feeds.massive.subscriber import Subscriber
from tests.support.massive.stream import KEY


def bar(symbol: str, **fields: Any) -> dict[str, Any]:
    return {"ev": "A", "sym": symbol, "c": 1.5, "s": 1000, "e": 2000} | fields


class Pauses(ConstantBackoff):
    """Short pauses that record the number of failures before each."""

    def __init__(self) -> None:
        super().__init__(0.05)
        self.failures: list[int] = []

    def compute(self, failures: int) -> float:
        self.failures.append(failures)
        return super().compute(failures)


class Listener:
    """Listens in a thread of its own and keeps the symbols of the bars received."""

    def __init__(
        self, url: str, *names: str, key: str = KEY, quiet: float = 5.0, silence: SilenceDetector | None = None
    ) -> None:
        self.symbols: list[str] = []
        self.error: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.frames = FrameReader({"A"})
        self.pauses, secret = Pauses(), SecretStr(key)
        self.subscriber = Subscriber(url, secret, names or ["A.*"], self.frames, quiet, self.pauses, silence)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._task: asyncio.Task[None] | None = None
        self._thread.start()

    def ended(self) -> BaseException | None:
        """Wait for its end, and say why."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.error

    def stop(self) -> None:
        if self._thread.is_alive():
            assert self._task
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(20)

    def _run(self) -> None:
        self._task = self._loop.create_task(self.subscriber.listen(self._take))
        try:
            self._loop.run_until_complete(self._task)
        except (Exception, asyncio.CancelledError) as error:
            self.error = error
        finally:
            self._loop.close()

    async def _take(self, frame: Frame) -> None:
        while not self.gate.is_set():
            await asyncio.sleep(0.01)
        self.symbols += [event["sym"] for event in self.frames.decode(frame.bars)]


@contextmanager
def listening(url: str, *names: str, **options: Any) -> Iterator[Listener]:
    listener = Listener(url, *names, **options)
    try:
        yield listener
    finally:
        listener.stop()
