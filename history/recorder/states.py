"""The market's state beside the recording, so that any second is near a stored one."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from history.archive.parquet import Arrays
from history.archive.rows import Rows, arrays_of, rows_of
from history.archive.schema import CHECKPOINTS, LEARNED, STATES
from history.fold.market_fold import MarketFold
from history.fold.profiles import Profiles
from history.fold.state import State
from history.recorder.base import Base
from leaderboard.tape.entries import Entry

log = logging.getLogger(__name__)


class States:
    """The state of the market, folded from what is recorded."""

    def __init__(self) -> None:
        self._fold: MarketFold | None = None
        self._position = self._session = 0

    @property
    def is_known(self) -> bool:
        """Whether there is a state."""
        return self._fold is not None

    def begin(self, base: Base) -> None:
        """Begin with a state that was read from Redis."""
        profiles = Profiles()
        columns = (base.learned[name].tolist() for name in ("symbol", "position", "volume_profile"))
        for symbol, position, packed in zip(*columns, strict=True):
            profiles.learn(symbol, position, packed)
        self._fold = MarketFold.of_state(base.state, base.session, base.revision, profiles)
        self._position, self._session = base.position, base.session

    def apply(self, entries: Sequence[Entry]) -> None:
        """Apply entries that follow those before; those that the first state has already are left out."""
        new = [entry for entry in entries if entry.position > self._position]
        if self._fold is None or not new:
            return
        try:
            self._fold.apply(rows_of(new, self._session), new[-1].revision)
        except Exception:
            # The bars are recorded even if the fold fails. The next state is read from Redis.
            log.exception("the market's state could not be folded")
            self._fold = None
            return
        self._position, self._session = new[-1].position, new[-1].session

    def rows(self, at: int) -> Rows:
        """The state as it is now, as rows of the archive; none if it is not known.

        Args:
            at: when the last entry was written, Unix milliseconds.
        """
        if self._fold is None:
            return {}
        about = {"position": self._position, "written_at": at, "revision": self._fold.revision}
        return checkpoint({**about, "session": self._session, "kind": "checkpoint"}, self._fold.state())

    def profiles(self, at: int) -> Arrays:
        """The newest volume profile of each symbol, as rows of the archive.

        Args:
            at: as of :meth:`rows`.
        """
        if self._fold is None:
            return arrays_of(LEARNED, [])
        profiles = self._fold.profiles
        profiles.forget_older()
        newest = ((symbol, profiles.at(symbol, self._position)) for symbol, _ in profiles.newest())
        about = {"written_at": at, "revision": self._fold.revision, "version": "", "previous": "", "profile": ""}
        rows = [
            # Under the position at which it was learned, which states name.
            {**about, "symbol": symbol, "position": learned.position, "volume_profile": learned.packed}
            for symbol, learned in newest
        ]
        return arrays_of(LEARNED, rows)


def checkpoint(about: dict[str, Any], state: State) -> Rows:
    """The rows of a state.

    Args:
        about: the columns of the table of checkpoints but `symbols`.
        state: the state.
    """
    symbols = len(state["symbol"])
    rows = {CHECKPOINTS.name: arrays_of(CHECKPOINTS, [{**about, "symbols": symbols}])}
    if symbols:
        rows[STATES.name] = {"position": np.full(symbols, about["position"]), **state}
    return rows
