"""The name of every Redis key and channel.

Other programs read the first group; its names and shapes hold. The second group is this project's own and may
change with any release.
"""

from datetime import date

# --- Read by other programs -------------------------------------------------------------------------------------

#: Stream of refused events: ``reason``, ``payload`` (JSON) and ``time`` (Unix milliseconds), capped.
DEAD = "leaderboard:dead"


def board(name: str) -> str:
    """Sorted set of a board: symbol by score."""
    return f"leaderboard:top_{name}"


def scanner(name: str) -> str:
    """Cache key and channel of a board's published snapshot: a JSON array of ranked rows."""
    return f"scanners:top_{name}"


def row(symbol: str) -> str:
    """Hash of a symbol's row: the 26 fields, numbers as text."""
    return f"symbol:{symbol}:data"


def quote(symbol: str) -> str:
    """Cache key and channel of a symbol's row as one JSON object."""
    return f"quote:{symbol}"


# --- The project's own ------------------------------------------------------------------------------------------

#: Bytes of the dead letters, as ``dead_letters.lua`` counts them.
DEAD_BYTES = "leaderboard:dead_bytes"

#: Number of the session that the boards show (:attr:`leaderboard.sessions.Session.number`). By itself it only ever
#: rises; ``python -m tasks session`` puts it back.
SESSION = "leaderboard:session"

#: Hash of symbol to the record of its day: its newest event and its open prices, packed as ``apply.lua`` says. It
#: lasts until the day ends: a pre-market bar that comes late still needs the pre-market's open. One hash and not a
#: key for each symbol, so that a batch reads all its symbols with one command.
RECORDS = "leaderboard:records"

#: Sorted set of the bars that wait for their session to begin, as JSON, by its start in Unix milliseconds; see
#: :mod:`leaderboard.early`.
EARLY = "leaderboard:early"

#: Counter that rises with every change of the boards; a snapshot is sent only when it has moved.
REVISION = "leaderboard:revision"

#: Hash about snapshots. Of the last one: ``slot``, ``revision`` and ``published_at`` (Unix milliseconds);
#: ``attempted_at``: when somebody last came to publish, whether there was anything new or not.
SNAPSHOT = "leaderboard:snapshot"

#: Hash of what the whole cluster has done, counted since it was made; see :class:`leaderboard.totals.Totals`.
TOTALS = "leaderboard:totals"

#: Hash of symbol to the version of its reference data: what the apply script checks a worker's copy against. It
#: holds the symbols of which figures live; no version is ever given twice.
REFERENCE_VERSIONS = "reference:versions"

#: Sorted set of the same symbols by the Unix second from which on none of their figures live. Then
#: ``learn.lua`` takes them out of both.
REFERENCE_EXPIRIES = "reference:expiries"

#: Set of ``SYMBOL YYYYMMDD`` that workers met without reference data and nobody has answered yet.
REFERENCE_WANTED = "reference:wanted"

#: Present for a few seconds after a worker has called for them to be fetched, so that others need not.
REFERENCE_CALLED = "reference:called"

#: Present while some process has a source of reference data and asks it: those that have none want symbols then.
REFERENCE_SOURCED = "reference:sourced"

#: Lock of the one task that is fetching them.
REFERENCE_FETCHING = "reference:fetching"


def reference_warming(day: date) -> str:
    """Lock of the one task that is warming the whole market for a day."""
    return f"reference:warming:{day:%Y%m%d}"


def reference_warmed(day: date) -> str:
    """When the whole market was last warmed for a day, Unix seconds; lives as long as the figures."""
    return f"reference:warmed:{day:%Y%m%d}"


def previous_day(symbol: str, day: date) -> str:
    """JSON of a symbol's figures of the trading day before `day`, or ``null``: nobody knows them.

    The day is part of the name, for yesterday's answer must not serve today.
    """
    return f"reference:{symbol}:previous:{day:%Y%m%d}"


def profile(symbol: str) -> str:
    """JSON of a symbol's average volume and free float, or ``null``: nobody knows them."""
    return f"reference:{symbol}:profile"
