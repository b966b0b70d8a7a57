"""A market that is published and recorded in the test's own process, and what verifying its days finds."""

import threading
from pathlib import Path

from redis import Redis

from history.archive.day import days
from history.fold.recorded_day import RecordedDay
from history.queries.connection import connection
from history.queries.definitions import screen_ticks
from history.recorder.status import Status
from history.recorder.tape_to_archive import TapeToArchive
from history.verification.plan import Planner
from history.verification.portion import verify_portion
from history.verification.verdict import Verdicts
from leaderboard import keys
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.screens.screens_file import load
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from tests.support.waiting import eventually

#: Rows of a board, and seconds between two ticks: so few that a slot is free whenever a test publishes.
SIZE, INTERVAL = 500, 0.001

_SCREENS = """
[[screen]]
name = "dollars"
title = "Dollars"
by = "dollar_volume"
where = ["close >= 1"]

[[screen]]
name = "moving"
title = "Moving"
by = "volume_1m"
"""


class ClockWorker:
    """Publishes boards and screens.

    Args:
        shards: the servers.
        folder: for the file of the screens.
        timeout: seconds for the servers behind the first one to answer.

    Attributes:
        boards, screens: how often each was published in a session.
    """

    def __init__(self, shards: Shards[Redis], folder: Path, timeout: float = 30.0) -> None:
        self._shards = shards
        file = folder / "screens.toml"
        file.write_text(_SCREENS)
        self._snapshots = Snapshots(shards, interval=INTERVAL, size=SIZE, timeout=timeout)
        declared = WatchedFile(file, load, "screens")
        self._screens = ScreenPublisher(shards, declared, interval=INTERVAL, timeout=timeout)
        self.boards = self.screens = 0

    def publish_boards(self) -> None:
        result = ""

        def is_done() -> bool:
            nonlocal result
            result = self._snapshots.publish().result
            return result != "taken"

        eventually(is_done)
        self.boards += result == "published" and self._has_session()

    def publish_screens(self) -> None:
        eventually(lambda: self._screens.publish().result != "taken")
        self.screens += self._has_session()

    def _has_session(self) -> bool:
        return any(redis.exists(keys.SESSION) for redis in self._shards)


class Recording:
    """A recorder of this process. It is killed by making another one.

    Args:
        shards: the servers.
        history: the folder of all days.
    """

    def __init__(self, shards: Shards[Redis], history: Path) -> None:
        self.status = Status(history)
        self._taking = TapeToArchive(shards, history, self.status)
        self._stop = threading.Event()
        self._stop.set()
        self._taking.begin()

    def step(self) -> None:
        """Take to disk what can be."""
        self._taking.step(self._stop, lambda: True)


def verified(history: Path) -> Verdicts:
    """The verdicts on all recorded days."""
    found = Verdicts()
    for day in days(history):
        recorded = RecordedDay(day, connection())
        plan = Planner(recorded, INTERVAL, screen_ticks(history, recorded)).plan(lambda _: True)
        found.add(plan.left_out)
        for portion in plan.portions:
            found.add(verify_portion(day.folder, portion, SIZE, INTERVAL))
    return found
