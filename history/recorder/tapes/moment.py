"""Where the tape is at a moment, and when something was read beside it."""

from typing import NamedTuple


class Moment(NamedTuple):
    """Where the tape and the session clocks are.

    Attributes:
        position, revision: of the tape that is recorded.
        at: when, Unix milliseconds.
        sessions: the number of each server's session clock; 0: before the first session.
    """

    position: int
    at: int
    revision: int
    sessions: tuple[int, ...]


class Page(NamedTuple):
    """When something was read from a server.

    Attributes:
        server: its index.
        revision: of its market.
        position: of its tape.
    """

    server: int
    revision: int
    position: int
