"""The figures of reference data. None means unknown."""

import msgspec
from msgspec.structs import force_setattr

from leaderboard.reference.volume_profile import VolumeProfile

_PRICES = ("open", "high", "low", "close", "vwap")


class PreviousDay(msgspec.Struct, frozen=True, omit_defaults=True):
    """A symbol's bar of the previous trading day: prices in dollars, volume in shares.

    A price of 0 is taken for unknown, whichever source it comes from.
    """

    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None
    vwap: float | None = None

    def __post_init__(self) -> None:
        for name in _PRICES:
            if getattr(self, name) == 0:
                force_setattr(self, name, None)


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """Figures that change slowly: the average daily volume over 30 days and the free float, both in shares."""

    avg_volume: float | None = None
    free_float: float | None = None


class Reference(msgspec.Struct, frozen=True):
    """All that is known of one symbol on one trading day.

    A source that brings no volume profile leaves the one that is stored.
    """

    previous: PreviousDay = PreviousDay()
    profile: Profile = Profile()
    volume_profile: VolumeProfile = VolumeProfile()


NOTHING_KNOWN = Reference()
