"""A tape written by hand, as the apply script writes it."""

from collections.abc import Sequence
from typing import Any

from redis import Redis

from leaderboard import keys
from leaderboard.event import Event
from leaderboard.sessions import session_of
from leaderboard.tape.bars import pack


def append(redis: Redis, position: int, events: Sequence[Event], outcomes: str = "") -> None:
    """Append a batch, and set the session clock to that of its last bar."""
    session = session_of(events[-1].start_timestamp).number
    fields: dict[Any, Any] = {
        "k": "bars",
        "r": position,
        "s": session,
        "t": events[-1].end_timestamp,
        "e": "\n".join(event.symbol for event in events),
        "o": outcomes or "A" * len(events),
        "b": pack(events),
    }
    redis.xadd(keys.TAPE, fields, f"{position}-0")
    redis.set(keys.SESSION, session)
