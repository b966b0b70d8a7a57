"""What many answers have: the session that they show, and moments."""

from typing import Annotated

from msgspec import Meta, Struct

from leaderboard.sessions import Phase, Session

Milliseconds = Annotated[int, Meta(description="Unix milliseconds")]


class ShownSession(Struct):
    """The session that the boards show; null before the first bar."""

    day: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    phase: Annotated[str, Meta(extra_json_schema={"enum": [phase.name.lower() for phase in Phase]})]

    @classmethod
    def of(cls, session: Session | None) -> "ShownSession | None":
        return cls(session.day.isoformat(), session.phase.name.lower()) if session else None
