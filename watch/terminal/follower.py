"""Follows Redis on a thread, for the terminal: boards, the selected symbol's quote, and alerts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError, TimeoutError

from leaderboard.alerts.alert import Alert
from leaderboard.screens.definition import Definition
from leaderboard.shards import Shards
from watch.terminal.new_alerts import NewAlerts
from watch.terminal.row import Row, newest
from watch.terminal.snapshots import Published, Status, published_rows, server_of

# Seconds between two looks at the status, and between two attempts to reach Redis.
_EVERY = 0.5
_RETRY = 1.0


@dataclass(frozen=True)
class Update:
    """What Redis said.

    Attributes:
        board: the board that was published; None: none was.
        rows: of that board.
        screens: that are published now.
        status: of the boards; its `newest` is that of the board.
        quote: of the selected symbol; None: there is none.
        alerts: that fired since the update before, the newest first.
    """

    board: Definition | None
    rows: Sequence[Row]
    screens: Sequence[Definition]
    status: Status
    quote: Row | None
    alerts: Sequence[Alert]


class Follower:
    """Brings an update whenever a board is published, and twice a second.

    Args:
        shards: the servers of the boards; their replies are bytes.
        on_update: called with each update.
        on_lost: called with a sentence while Redis cannot be reached.
    """

    def __init__(
        self, shards: Shards[Redis], on_update: Callable[[Update], None], on_lost: Callable[[str], None]
    ) -> None:
        self._redis = shards.first
        self._published = Published(shards)
        self._alerts = NewAlerts(shards.first)
        self._on_update = on_update
        self._on_lost = on_lost
        self._boards: tuple[Definition, ...] = ()
        self._changed = Event()
        self._stopped = Event()
        self._symbol: str | None = None

    def select(self, symbol: str | None) -> None:
        """Bring the quote of this symbol from now on."""
        self._symbol = symbol

    def follow(self, boards: Sequence[Definition]) -> None:
        """Follow these boards from now on, and no others."""
        if tuple(boards) != self._boards:
            self._boards = tuple(boards)
            self._changed.set()

    def stop(self) -> None:
        """Have :meth:`run` return within half a second."""
        self._stopped.set()

    def run(self) -> None:
        """Follow until stopped. Where Redis cannot be reached, say so and retry.

        Raises:
            redis.exceptions.RedisError: Redis refuses.
            leaderboard.connections.redis_values.InvalidValueError: a key holds something else than it should.
        """
        while not self._stopped.is_set():
            try:
                self._follow()
            except AuthenticationError:
                raise
            except (ConnectionError, TimeoutError):
                self._on_lost(f"Redis at {server_of(self._redis)} is unreachable, trying again")
                self._stopped.wait(_RETRY)

    def _follow(self) -> None:
        """Follow until stopped, or until other boards are to be followed."""
        self._changed.clear()
        for publication in self._published.follow(*self._boards, every=_EVERY):
            self._on_update(self._update(publication))
            if self._changed.is_set() or self._stopped.is_set():
                return

    def _update(self, publication: tuple[Definition, bytes] | None) -> Update:
        board, ranked = (publication[0], published_rows(*publication)) if publication else (None, [])
        return Update(
            board=board,
            rows=ranked,
            screens=self._published.screens(),
            status=self._published.status(newest(ranked)),
            quote=self._published.quote(self._symbol) if self._symbol else None,
            alerts=self._alerts.read(),
        )
