"""Reference data: what is known of a symbol before the day's first bar."""

from leaderboard.reference.figures import NOTHING_KNOWN, PreviousDay, Profile, Reference
from leaderboard.reference.source import ReferenceSource
from leaderboard.reference.volume_profile import VolumeProfile

__all__ = ["NOTHING_KNOWN", "PreviousDay", "Profile", "Reference", "ReferenceSource", "VolumeProfile"]
