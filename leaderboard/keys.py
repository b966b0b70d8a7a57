"""The name of every Redis key and channel.

Other programs read the first group; its names and shapes hold. The second group is this project's own and may
change with any release.
"""

from datetime import date

# --- Read by other programs -------------------------------------------------------------------------------------

#: Stream of refused events: ``reason``, ``payload`` (JSON), ``time`` (Unix milliseconds) and, where it is known,
#: ``task`` (id of the Celery task that brought it); capped.
DEAD = "leaderboard:dead"

#: Definitions of the screens that are published, a JSON array; see :mod:`leaderboard.screens.definition`.
SCREENS = "leaderboard:screens"

#: Stream of alerts, the newest 10,000: field ``alert`` has one as JSON; see :mod:`leaderboard.alerts.alert`. Ids
#: are ``SLOT-N``, of the tick at which they fired.
ALERTS = "leaderboard:alerts"

#: Channel of alerts, each as JSON.
ALERTS_CHANNEL = "alerts"

#: Definitions of the rules of alerts that are evaluated, a JSON array; see :mod:`leaderboard.alerts.definition`.
ALERT_RULES = "leaderboard:alert_rules"


def board(name: str) -> str:
    """Sorted set of a board: symbol by score."""
    return f"leaderboard:top_{name}"


def scanner(name: str) -> str:
    """Cache key and channel of a board's published snapshot: a JSON array of ranked rows."""
    return f"scanners:top_{name}"


def screen(name: str) -> str:
    """Cache key and channel of a screen's published snapshot: a JSON array of ranked rows."""
    return f"scanners:{name}"


def row(symbol: str) -> str:
    """Hash of a symbol's row: its fields, numbers as text."""
    return f"symbol:{symbol}:data"


def quote(symbol: str) -> str:
    """Cache key and channel of a symbol's row as one JSON object."""
    return f"quote:{symbol}"


#: The change feed: sorted set of symbol by the revision at which its quote last changed. Emptied when the day
#: rolls.
CHANGES = "leaderboard:changes"

#: The newest revision: a counter that rises with every change of the boards. A snapshot is published only if it
#: has changed.
REVISION = "leaderboard:revision"

# --- The project's own ------------------------------------------------------------------------------------------

#: Bytes of all dead letters, as ``dead_letters.lua`` counts them.
DEAD_BYTES = "leaderboard:dead_bytes"

#: The session clock: number of the session that the boards show (:attr:`leaderboard.sessions.Session.number`). It
#: only rises, except when an operator moves it back (``python -m tasks session``).
SESSION = "leaderboard:session"

#: Of several servers, which one this is: its number and how many there are; see
#: :mod:`leaderboard.store.shard_mark`.
SHARD = "leaderboard:shard"

#: Hash of symbol to the record of its day: its newest event, its open prices, its highs and lows, packed as
#: ``apply.lua`` says. It lasts until the day ends: a pre-market bar that comes late still needs the pre-market's
#: open. One hash and not a key for each symbol, so that a batch reads all its symbols with one command.
RECORDS = "leaderboard:records"

#: Sorted set of early bars, as JSON, by the start of their session in Unix milliseconds; see
#: :mod:`leaderboard.store.early`.
EARLY = "leaderboard:early"

#: Hash about the last snapshot: ``slot``, ``revision``, ``published_at`` (Unix milliseconds) and ``attempted_at``:
#: when the last attempt was made, whether anything was new or not.
SNAPSHOT = "leaderboard:snapshot"

#: Stream of ticks, of which the windows are made: what each published tick changed, packed as
#: :mod:`leaderboard.market.windows` says, under the id ``{slot}-0``. It reaches back as far as the longest window.
TICKS = "leaderboard:ticks"

#: Hash about the last slot of the screens: ``slot``, ``revision``, ``published_at`` (Unix milliseconds) and, for
#: each published screen, ``digest:NAME``; see :mod:`leaderboard.screens.publisher`. ``windows_since`` is the time
#: of the day's first tick, back to which windows can reach.
SCREENS_STATE = "leaderboard:screens_state"

#: Hash about the last tick at which alerts were evaluated: ``slot``, ``at`` (Unix milliseconds) and ``state``:
#: what the rules remember, packed as :mod:`leaderboard.alerts.state` says.
ALERTS_STATE = "leaderboard:alerts_state"

#: The tape: stream of whatever changes the boards, written while somebody records, under the id ``{position}-0``;
#: see :mod:`leaderboard.tape.entries`.
TAPE = "leaderboard:tape"

#: With several servers, on the first one: stream of what the tapes of all say, in one order, under the id
#: ``{position}-0``. The recorder writes it: see :mod:`history.recorder.tapes.collected_tape`.
COLLECTED_TAPE = "leaderboard:collected_tape"

#: Present while somebody records: the number of bars that the tape has room for. It expires an hour after the
#: last renewal.
RECORDING = "leaderboard:recording"

#: The tape's newest position: a counter of its bars.
TAPE_POSITION = "leaderboard:tape_position"

#: Lease of the recorder that records.
RECORDER_LEASE = "leaderboard:recorder_lease"

#: Hash about the recorder that recorded last; see :mod:`leaderboard.tape.recorder_report`.
RECORDER = "leaderboard:recorder"

#: Lease of the notifier that sends alerts.
NOTIFIER_LEASE = "leaderboard:notifier_lease"

#: Hash about the notifier that sent last; see :mod:`leaderboard.alerts.notifier_report`.
NOTIFIER = "leaderboard:notifier"

#: Hash of target to the id of the last entry of :data:`ALERTS` that was sent there, or was too old for it; see
#: :mod:`watch.notify.delivery`.
NOTIFIER_POSITIONS = "leaderboard:notifier_positions"

#: Hash of the whole cluster's counts since the hash was made; see :class:`leaderboard.store.totals.Totals`.
TOTALS = "leaderboard:totals"

#: Hash of symbol to the version of its reference data, against which the apply script checks a worker's cache. It
#: holds the symbols with figures that have not expired; no version is used twice.
REFERENCE_VERSIONS = "reference:versions"

#: Sorted set of the same symbols by the Unix second at which their last figure expires. Then ``learn.lua`` removes
#: them from both.
REFERENCE_EXPIRIES = "reference:expiries"

#: Set of ``SYMBOL YYYYMMDD``: pending requests for reference data that workers lack.
REFERENCE_WANTED = "reference:wanted"

#: Present for a few seconds after a worker has started the fetching task, so that others do not start it too.
REFERENCE_CALLED = "reference:called"

#: Present while some process has a source of reference data: only then do processes without one make requests.
REFERENCE_SOURCED = "reference:sourced"

#: Lease of the task that fetches them.
REFERENCE_FETCHING = "reference:fetching"


def reference_warming(day: date) -> str:
    """Lease of the task that fetches the whole market for a day."""
    return f"reference:warming:{day:%Y%m%d}"


def reference_warmed(day: date) -> str:
    """When the whole market was last fetched for a day, Unix seconds; expires with the figures."""
    return f"reference:warmed:{day:%Y%m%d}"


def previous_day(symbol: str, day: date) -> str:
    """JSON of a symbol's figures of the trading day before `day`, or ``null``: no source knows them.

    The day is part of the name, so that yesterday's answer is not used today.
    """
    return f"reference:{symbol}:previous:{day:%Y%m%d}"


def profile(symbol: str) -> str:
    """JSON of a symbol's average volume and free float, or ``null``: no source knows them."""
    return f"reference:{symbol}:profile"


def volume_profile(symbol: str) -> str:
    """A symbol's volume profile, packed: see :attr:`leaderboard.reference.volume_profile.VolumeProfile.packed`."""
    return f"reference:{symbol}:volume_profile"
