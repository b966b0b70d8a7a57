"""Publishes the screens, in the same slots as the boards.

The alerts of a tick are published in the same transaction, so whatever is evaluated is one of the ticks that the
tape has.

No script does it, since Redis would copy each snapshot into Lua and out again: 9.3 ms for 9 MB in 20 screens. A
transaction takes it 2.6 ms, though it is sent each snapshot twice, for its key and for its channel; where nobody
listens, it is sent once. The transaction is optimistic: it fails if another publisher has published since this one
looked at what is published.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any, Literal, NamedTuple, cast

import msgspec
from redis import Redis
from redis.exceptions import ConnectionError, RedisError, ResponseError, TimeoutError, WatchError

from leaderboard import keys
from leaderboard.alerts.publisher import AlertPublisher, TickAlerts
from leaderboard.boards import BOARDS
from leaderboard.connections.redis_values import checked
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.market.change_feed import Changes
from leaderboard.market.market_feed import MarketFeed
from leaderboard.market.selection import SelectionError
from leaderboard.market.table import MarketTable, Rows
from leaderboard.market.windows import FIELD, Windows, slot_of, slots_kept
from leaderboard.screens import definition, listeners
from leaderboard.screens.screen import Screen
from leaderboard.scripts import script
from leaderboard.shards import Shards
from leaderboard.store.merged_boards import AWAY, SESSION_FIELD, revisions_text
from leaderboard.store.snapshots import SNAPSHOT_TTL, answer_time
from leaderboard.tape.recording import TapeWriter, digests_text

# Milliseconds between two copies of the definitions on the tape: the last change may be long before a recorder
# begins, or on a day of history that is removed.
_DEFINITIONS_INTERVAL = 60_000
# Attempts to publish a slot. One fails if another publisher publishes meanwhile.
_ATTEMPTS = 5
# Fields of the state.
_DIGEST = b"digest:"


class SlotChurnError(Exception):
    """In every attempt another publisher was faster."""


@dataclass(frozen=True)
class Ticked:
    """What one attempt to publish did.

    Attributes:
        result: ``published``: this slot's screens are published; ``taken``: another caller had done it.
        screens: how many were sent; the others have not changed.
        rows: rows sent, over all screens.
        alerts: how many were published.
        alerts_error: why the tick's alerts were not published, although its screens were; None: they were, or
            there are no rules.
        away: by the index of a server whose rows stand as they were read last, or are left out, why.
    """

    result: Literal["published", "taken"]
    screens: int = 0
    rows: int = 0
    alerts: int = 0
    alerts_error: Exception | None = None
    away: Mapping[int, Exception] = field(default_factory=dict)


@dataclass(frozen=True)
class _State:
    """What Redis holds about the last slot.

    Attributes:
        time: the server's, Unix milliseconds.
        last_slot: its number; 0: unknown.
        digests: of the published rows, by the screen's name.
        definitions: as published.
        is_recorded: whether somebody records.
        unheard: channels without subscribers.
        alerts: the replies about alerts.
    """

    time: int
    last_slot: int
    digests: Mapping[str, bytes]
    definitions: bytes | None
    is_recorded: bool
    unheard: frozenset[str]
    alerts: Sequence[Any]

    def is_taken(self, slot: int) -> bool:
        """Whether a slot was published before. If the last one is far ahead, the server's clock was set back."""
        return 0 <= self.last_slot - slot < 10


class _Changed(NamedTuple):
    """A screen whose rows differ from what is published."""

    screen: Screen
    digest: bytes
    snapshot: bytes
    rows: int


_Selected = tuple[Screen, Rows]


class ScreenPublisher:
    """Publishes the screens, once per slot of `interval` seconds however many callers there are.

    Which process publishes a slot makes no difference: the rows are those of the change feed, and what was
    published before stands in Redis. It keeps the table of the whole market, and is for one thread.

    Args:
        shards: the servers of the boards. The first one has what is published.
        screens: which ones.
        interval: seconds between snapshots, as of :class:`leaderboard.store.snapshots.Snapshots`.
        alerts: evaluates the rules of alerts; None: there are no alerts.
        timeout: as of :class:`leaderboard.store.snapshots.Snapshots`.
    """

    def __init__(
        self,
        shards: Shards[Redis],
        screens: WatchedFile[Screen],
        *,
        interval: float,
        alerts: AlertPublisher | None = None,
        timeout: float | None = None,
    ) -> None:
        redis = self._redis = shards.first
        self._shards = shards
        self._screens = screens
        self._interval = interval
        self._alerts = alerts
        self._tape = TapeWriter(redis)
        self._publish_stored = script.load(redis, "publish.lua")
        self._feed = MarketFeed(shards, timeout or answer_time(interval))
        self._table = MarketTable(len(shards))
        self._windows = Windows(self._table, interval)
        # Whether Redis may have lost what the table shows.
        self._is_outdated = False
        # When this process last put the definitions onto the tape, Unix milliseconds; 0: nobody recorded since.
        self._definitions_taped_at = 0

    def prepare(self) -> None:
        """Read the market, so that the first slot does not have to. Connections are closed again.

        Eleven thousand symbols and five minutes of 3,000 changes a second take 0.6 s of CPU time.

        Raises:
            InvalidValueError, redis.exceptions.RedisError: as of :meth:`publish`, which reads what is missing.
        """
        try:
            self._read()
        finally:
            for redis in self._shards:
                redis.connection_pool.disconnect()

    def _read(self) -> Changes:
        """Bring the table and its windows up to date."""
        table = self._table
        known = () if self._is_outdated else (table.positions, table.session, table.away)
        changes = self._feed.read(*known)
        self._is_outdated = False
        self._table.apply(changes)
        self._windows.read(self._redis, slot_of(changes.time, self._interval))
        return changes

    def publish(self) -> Ticked:
        """Publish the current slot's screens, those that have changed, unless that is done already.

        Raises:
            InvalidValueError: a key does not hold what it should; the text names it.
            SlotChurnError: other publishers were faster in every attempt.
            redis.exceptions.RedisError: Redis cannot be reached or refuses; the next slot makes up for it.
        """
        for _ in range(_ATTEMPTS):
            pipe: Any = self._redis.pipeline()
            try:
                with pipe, suppress(WatchError):
                    # Whoever publishes from here on fails the transaction.
                    pipe.watch(keys.SCREENS_STATE)
                    screens = self._declared()
                    return self._tick(screens, self._state(screens), pipe)
            except (ConnectionError, TimeoutError):
                self._is_outdated = True
                raise
        raise SlotChurnError(f"other publishers took {_ATTEMPTS} slots meanwhile")

    def _declared(self) -> Sequence[Screen]:
        """The screens of the file; if it has become wrong, those that are published.

        Another process may have read a version of the file that this one has not.
        """
        screens = self._screens.current()
        if not self._screens.is_wrong:
            return screens
        try:
            published = cast(bytes | None, self._redis.get(keys.SCREENS))
            return [*map(Screen.of, definition.decode(published))] if published else screens
        except (ResponseError, msgspec.DecodeError, SelectionError):
            # Somebody else has written the key.
            return screens

    def _state(self, screens: Sequence[Screen]) -> _State:
        # No transaction: a server whose memory is full would refuse it.
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.hgetall(keys.SCREENS_STATE)
            pipe.get(keys.SCREENS)
            # Without screens there is still the key that is counted in any case.
            pipe.exists(keys.SCREENS_STATE, *(screen.scanner for screen in screens))
            pipe.exists(keys.RECORDING)
            of_alerts = len(pipe)
            if self._alerts:
                self._alerts.ask(pipe)
            of_listeners = len(pipe)
            listeners.ask(pipe, [screen.scanner for screen in screens])
            replies = pipe.execute(raise_on_error=False)
        time, state, definitions, exist, recording = replies[:of_alerts]
        seconds, microseconds = checked(keys.SCREENS_STATE, time, "a time")
        stored = cast(Mapping[bytes, bytes], checked(keys.SCREENS_STATE, state, "a hash"))
        slot = stored.get(b"slot", b"")
        digests = {
            field.removeprefix(_DIGEST).decode(errors="replace"): digest
            for field, digest in stored.items()
            if field.startswith(_DIGEST)
        }
        if checked(keys.SCREENS_STATE, exist, "a count") <= len(
            digests.keys() & {screen.name for screen in screens}
        ):
            # A snapshot has expired or was deleted: all are published anew.
            digests = dict.fromkeys(digests, b"")
        return _State(
            seconds * 1000 + microseconds // 1000,
            int(slot) if slot.isdigit() else 0,
            digests,
            checked(keys.SCREENS, definitions, "a string"),
            checked(keys.RECORDING, recording, "a count") > 0,
            listeners.without(replies[of_listeners:]),
            replies[of_alerts:of_listeners],
        )

    def _tick(self, screens: Sequence[Screen], state: _State, pipe: Any) -> Ticked:
        """Publish what has changed since a state, with a pipeline that watches it.

        Raises:
            WatchError: another publisher was faster.
        """
        if state.is_taken(slot_of(state.time, self._interval)):
            return Ticked("taken")
        if len(self._shards) > 1 and state.is_recorded:
            # As Snapshots watches the screens: any of the boards is published with all others.
            pipe.watch(BOARDS[0].scanner)
        changes = self._read()
        if self._windows.misses_ticks:
            # The revision may have passed the table's since, so the change feed would not show the loss.
            self._is_outdated = True
            changes = self._read()
        slot = slot_of(changes.time, self._interval)
        selected = [(screen, self._table.select(screen.selection)) for screen in screens]
        changed = self._changed(selected, state.digests)
        removed = state.digests.keys() - {screen.name for screen in screens}
        definitions = definition.encode([screen.definition for screen in screens])
        alerts = self._evaluated(state, screens, slot, changes.time)
        pipe.multi()
        self._add_snapshots(pipe, state, changed)
        self._add_removals(pipe, removed)
        if definitions != state.definitions:
            pipe.set(keys.SCREENS, definitions)
        self._add_tick(pipe, state, slot)
        about: dict[str, int | str] = {
            "slot": slot,
            "revision": changes.revision,
            "published_at": changes.time,
        }
        if changes.others:
            about["others"] = revisions_text(changes.others, changes.away)
            about[SESSION_FIELD] = changes.session.number if changes.session else 0
        digests = {_DIGEST + each.screen.name.encode(): each.digest for each in changed}
        since = {"windows_since": changes.time} if self._windows.begin_now else {}
        pipe.hset(keys.SCREENS_STATE, mapping=about | since | digests)
        taped_at = self._definitions_taped_at if state.is_recorded else 0
        if state.is_recorded:
            is_due = not 0 <= changes.time - taped_at < _DEFINITIONS_INTERVAL
            taped = definitions if is_due or definitions != state.definitions else None
            taped_at = changes.time if taped else taped_at
            entry = self._entry(about, selected, changed, taped) | _alerts_entry(alerts)
            if 0 in changes.away:
                # It shows an earlier day, or it would have failed.
                entry["revision"] = AWAY
            self._tape.append("screens", entry, pipe)
        pipe.hincrby(keys.TOTALS, "screens", len(changed))
        fired, error = self._execute(pipe, alerts)
        self._definitions_taped_at = taped_at
        self._windows.note_published(slot)
        rows = sum(each.rows for each in changed)
        return Ticked("published", len(changed), rows, fired, error, changes.away)

    def _evaluated(
        self, state: _State, screens: Sequence[Screen], slot: int, at: int
    ) -> TickAlerts | Exception | None:
        """The tick's alerts, or what is wrong with them; None: there are no rules."""
        if self._alerts is None:
            return None
        try:
            return self._alerts.evaluate(state.alerts, self._table, screens, slot, at)
        except Exception as error:
            # Whatever it is, screens are published all the same.
            return error

    def _execute(self, pipe: Any, alerts: TickAlerts | Exception | None) -> tuple[int, Exception | None]:
        """Execute the transaction, and the alerts with it. If totals or alerts fail, the screens are published.

        Returns:
            How many alerts were published, and what was wrong with them.
        """
        if not isinstance(alerts, TickAlerts):
            _raise_errors(pipe.execute(raise_on_error=False)[:-1])
            return 0, alerts
        assert self._alerts
        self._alerts.add(alerts, pipe)
        *replies, _, reply = pipe.execute(raise_on_error=False)
        _raise_errors(replies)
        try:
            return self._alerts.note(alerts, self._table, reply), None
        except RedisError as error:
            return 0, error

    def _add_removals(self, pipe: Any, removed: Collection[str]) -> None:
        """Add to the transaction that screens are declared no longer."""
        for name in sorted(removed):
            pipe.publish(keys.screen(name), b"[]")
            pipe.unlink(keys.screen(name))
            pipe.hdel(keys.SCREENS_STATE, _DIGEST + name.encode())

    def _add_snapshots(self, pipe: Any, state: _State, changed: Sequence[_Changed]) -> None:
        """Add what has changed to the transaction: for its key and, if somebody listens, for its channel."""
        for each in changed:
            pipe.set(each.screen.scanner, each.snapshot, ex=SNAPSHOT_TTL)
            if each.screen.scanner not in state.unheard:
                pipe.publish(each.screen.scanner, each.snapshot)
        if unheard := [each.screen.scanner for each in changed if each.screen.scanner in state.unheard]:
            # A client may have subscribed since, and read the key before this transaction.
            self._publish_stored(unheard, client=pipe)

    def _add_tick(self, pipe: Any, state: _State, slot: int) -> None:
        """Add the tick to the transaction that publishes its slot."""
        if not 0 < state.last_slot < slot:
            # The ticks are from before the server's clock was set back, or nobody knows when they are from.
            pipe.unlink(keys.TICKS)
        oldest = f"{slot - slots_kept(self._interval)}-0"
        entry = {FIELD: self._windows.tick()}
        pipe.xadd(keys.TICKS, entry, id=f"{slot}-0", minid=oldest, approximate=False)

    def _entry(
        self,
        about: Mapping[str, int | str],
        selected: Sequence[_Selected],
        changed: Sequence[_Changed],
        definitions: bytes | None,
    ) -> dict[str, Any]:
        """The tick's entry of the tape: with the digests of all screens, for readers that join now."""
        snapshots = {each.screen.name: each.snapshot for each in changed}
        published = (
            (screen.name, snapshots.get(screen.name) or self._table.snapshot(rows)) for screen, rows in selected
        )
        entry: dict[str, Any] = {**about, "screens": digests_text(published)}
        return entry if definitions is None else entry | {"definitions": definitions}

    def _changed(self, selected: Sequence[_Selected], digests: Mapping[str, bytes]) -> list[_Changed]:
        # What decides a screen's JSON: to digest the JSON itself would take some ten times as long.
        fingerprints = self._table.fingerprints()
        changed: list[_Changed] = []
        for screen, rows in selected:
            digest = sha1(fingerprints.take(rows, axis=0).tobytes(), usedforsecurity=False).hexdigest().encode()
            if digest != digests.get(screen.name):
                changed.append(_Changed(screen, digest, self._table.snapshot(rows), len(rows)))
        return changed


def _alerts_entry(alerts: TickAlerts | Exception | None) -> dict[str, Any]:
    """What the tape says of a tick's alerts: only that they follow from no earlier tick."""
    return {"alerts_anew": 1} if isinstance(alerts, TickAlerts) and alerts.evaluated.is_anew else {}


def _raise_errors(replies: Sequence[Any]) -> None:
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
