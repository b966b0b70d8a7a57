"""What readers of the history are shown of a gap. The gateway imports this module without DuckDB."""

from msgspec import Struct


class KnownGap(Struct, frozen=True, rename={"from_at": "from", "to_at": "to"}):
    """A time of which bars, and so the boards, are not known.

    Attributes:
        from_at, to_at: Unix milliseconds.
        why: a sentence.
    """

    from_at: int
    to_at: int
    why: str
