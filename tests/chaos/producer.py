"""A producer that sends each bar until the broker has it."""

import threading
import time
from collections.abc import Iterable
from itertools import chain
from typing import Any

from kombu.exceptions import OperationalError

from tasks import process_agg
from tasks.fastlane.sending.errors import SendError

#: Seconds between two attempts.
PAUSE = 0.1


class Producer:
    """Streams bars, and sends again what the broker did not take or left in doubt.

    Attributes:
        sent: bars that the broker has.
        doubtful: bars that were sent again, although the broker may have had them.
        errors: the distinct messages of the broker's errors.
        refusals: how often sending failed.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.doubtful = 0
        self.refusals = 0
        self.errors: set[str] = set()

    def send(self, bars: Iterable[dict[str, Any]]) -> None:
        """Send bars, and retry until the broker has all of them."""
        unsent = list(bars)
        self.sent += len(unsent)
        while unsent:
            try:
                process_agg.delay_many(unsent)
                return
            except SendError as error:
                doubtful = [call.args[0] for call in error.doubtful]
                self.doubtful += len(doubtful)
                unsent = list(chain(doubtful, error.unsent))
                self._note(error)
            except OperationalError as error:
                # None of the bars was sent.
                self._note(error)
            time.sleep(PAUSE)

    def _note(self, error: Exception) -> None:
        self.refusals += 1
        self.errors.add(str(error))


class Stream:
    """Sends batches in a thread. ``with Stream(batches) as stream: ...`` ends when all of them are sent."""

    def __init__(self, batches: Iterable[list[dict[str, Any]]]) -> None:
        self.producer = Producer()
        self._batches = batches
        self._thread = threading.Thread(target=self._run)
        self._failure: BaseException | None = None

    @property
    def is_sending(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            for batch in self._batches:
                self.producer.send(batch)
        except BaseException as failure:
            self._failure = failure
