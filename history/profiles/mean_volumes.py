"""Sums of the sessions that profiles are made of."""

from typing import Any

import numpy as np
import numpy.typing as npt

from leaderboard.reference.volume_profile import TIMES, VolumeProfile

#: A profile is made of no more sessions than these, the newest.
SESSIONS = 30
# Thousandths of a share: the order in which threads add fractional volumes must not change a profile.
_DECIMALS = 3
# Junk that is greater is limited to it: the sum of a profile's means must be finite.
_MOST = 1e300


class MeanVolumes:
    """The mean accumulated volume of symbols by each time of a profile, of their newest sessions.

    Symbols are numbers from 0.
    """

    def __init__(self) -> None:
        self._sums = np.zeros((0, TIMES))
        self.sessions = np.zeros(0, np.int64)

    def add(self, symbols: npt.NDArray[Any], times: npt.NDArray[Any], volumes: npt.NDArray[Any]) -> None:
        """Add a session. A symbol that has :data:`SESSIONS` of them keeps these.

        Args:
            symbols, times, volumes: what traded, as :meth:`history.profiles.bars.Bars.volumes` returns it; a
                session of all symbols in it. To be called with the newest session first.
        """
        if not len(symbols):
            return
        self._grow(int(symbols.max()) + 1)
        traded = np.zeros_like(self._sums)
        traded[symbols, times] = volumes
        counted = np.zeros(len(traded), bool)
        counted[symbols] = True
        counted &= self.sessions < SESSIONS
        with np.errstate(over="ignore"):
            self._sums[counted] += traded[counted].cumsum(axis=1)
        self.sessions[counted] += 1

    def profile(self, symbol: int) -> VolumeProfile:
        """The profile of a symbol; unknown if it has no session."""
        sessions = int(self.sessions[symbol]) if symbol < len(self.sessions) else 0
        if not sessions:
            return VolumeProfile()
        with np.errstate(over="ignore"):
            means = np.round(self._sums[symbol] / sessions, _DECIMALS)
        return VolumeProfile.of(np.minimum(means, _MOST).tolist(), sessions)

    def _grow(self, symbols: int) -> None:
        if (more := symbols - len(self._sums)) > 0:
            self._sums = np.vstack([self._sums, np.zeros((more, TIMES))])
            self.sessions = np.concatenate([self.sessions, np.zeros(more, np.int64)])
