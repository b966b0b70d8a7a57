"""Evaluates the rules at each tick, and publishes what has fired in the transaction that publishes the tick."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import msgspec
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.alerts import definition
from leaderboard.alerts.alert import FIELD
from leaderboard.alerts.evaluation import Evaluated, evaluate, second_of
from leaderboard.alerts.messages import alerts_of
from leaderboard.alerts.places import Places
from leaderboard.alerts.rule import Rule
from leaderboard.alerts.state import State
from leaderboard.connections.redis_values import checked
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.market.table import MarketTable
from leaderboard.screens.screen import Screen
from leaderboard.scripts import script

log = logging.getLogger(__name__)

#: Alerts that the stream keeps.
MOST_KEPT = 10_000
# What the script returns where the kept state is another one.
_TAKEN = -1


@dataclass(frozen=True)
class Kept:
    """What Redis holds about alerts, as :meth:`AlertPublisher.ask` asks for it.

    Attributes:
        slot: of the state that is kept; empty: none is.
        definitions: of the rules, as published.
    """

    slot: bytes
    definitions: bytes | None


@dataclass(frozen=True)
class TickAlerts:
    """The alerts of a tick, to be published.

    Attributes:
        kept: what Redis held before.
        at: when the tick is published, Unix milliseconds.
        definitions: of the rules.
        evaluated: the tick.
        state: after it, packed.
        alerts: each as JSON.
    """

    kept: Kept
    at: int
    definitions: bytes
    evaluated: Evaluated
    state: bytes
    alerts: Sequence[bytes]


class AlertPublisher:
    """Evaluates the rules at ticks, whichever process has evaluated the one before. For one thread.

    Args:
        redis: the Redis of the boards.
        rules: which.
        interval: seconds between two ticks.
    """

    def __init__(self, redis: Redis, rules: WatchedFile[Rule], *, interval: float) -> None:
        self._redis = redis
        self._rules = rules
        self._interval = interval
        self._publish = script.load(redis, "check.lua", "alerts.lua")
        # The state after the last tick that this process has evaluated, and how often the table was emptied then.
        self._state, self._resets = State(), -1
        # Events of rules that name screens which are not declared, each of which is logged once.
        self._unknown: frozenset[str] = frozenset()

    def ask(self, pipe: Any) -> None:
        """Add the commands whose replies :meth:`kept` takes."""
        pipe.hget(keys.ALERTS_STATE, b"slot")
        pipe.get(keys.ALERT_RULES)

    def kept(self, replies: Sequence[Any]) -> Kept:
        """What Redis holds.

        Raises:
            InvalidValueError: a key is of another type.
        """
        slot, definitions = replies
        return Kept(
            checked(keys.ALERTS_STATE, slot, "a hash") or b"", checked(keys.ALERT_RULES, definitions, "a string")
        )

    def evaluate(
        self, replies: Sequence[Any], table: MarketTable, screens: Sequence[Screen], slot: int, at: int
    ) -> TickAlerts | None:
        """Evaluate a tick.

        Args:
            replies: to the commands of :meth:`ask`, since when nobody has published a tick.
            table: the market as it is at the tick.
            screens: that the tick publishes.
            slot: of the tick.
            at: when it is published, Unix milliseconds.

        Returns:
            What :meth:`add` publishes; None: there are no rules.

        Raises:
            InvalidValueError: a key is of another type.
            redis.exceptions.RedisError: Redis does not answer.
        """
        kept = self.kept(replies)
        rules = self._declared(kept)
        definitions = _definitions(tuple(rules))
        if not rules and definitions == (kept.definitions or definitions):
            return None
        state, places = self._state_before(kept, table, slot), Places(table, screens)
        self._report(rules, places)
        evaluated = evaluate(state, rules, table, places, slot, self._interval)
        if evaluated.left_out:
            log.warning("%d alerts of one tick are too many, and were left out", evaluated.left_out)
        alerts = alerts_of(evaluated.fired, table, places, second_of(slot, self._interval), at)
        packed = evaluated.state.pack(table.symbols)
        return TickAlerts(kept, at, definitions, evaluated, packed, [alert.json() for alert in alerts])

    def _report(self, rules: Sequence[Rule], places: Places) -> None:
        """Log which rules name screens that are not declared: they fire for nobody."""
        unknown = frozenset(f"{rule.name} ({rule.event})" for rule in rules if places.lacks(rule.event))
        if new := sorted(unknown - self._unknown):
            log.warning("no screen is declared that these rules of alerts name: %s", ", ".join(new))
        self._unknown = unknown

    def _declared(self, kept: Kept) -> Sequence[Rule]:
        """The rules of the file; if it has become wrong, those that are published.

        Another process may have read a version of the file that this one has not.
        """
        rules = self._rules.current()
        if self._rules.is_wrong:
            # A newer release may have published what this one cannot read.
            with suppress(msgspec.DecodeError, ValueError):
                return [*map(Rule.of, definition.decode(kept.definitions))] or rules
        return rules

    def _state_before(self, kept: Kept, table: MarketTable, slot: int) -> State:
        if not kept.slot:
            return State()
        if kept.slot != b"%d" % self._state.slot or self._resets != table.resets:
            packed = checked(keys.ALERTS_STATE, self._hget(b"state"), "a hash")
            try:
                self._state = State.parse(packed or b"", table)
            except (ValueError, IndexError) as error:
                log.error("the state in %s is lost, for it cannot be read: %s", keys.ALERTS_STATE, error)
                return State()
        # A later one is from before the server's clock was set back.
        return self._state if self._state.slot < slot else State()

    def _hget(self, field: bytes) -> Any:
        try:
            return self._redis.hget(keys.ALERTS_STATE, cast(str, field))
        except ResponseError as error:
            return error

    def add(self, tick: TickAlerts, pipe: Any) -> None:
        """Add what publishes the alerts, and keeps the state after them, to the transaction of the tick."""
        is_published = tick.definitions == tick.kept.definitions
        arguments: list[Any] = [
            *(tick.kept.slot, tick.evaluated.state.slot, tick.at, tick.state),
            *(b"" if is_published else tick.definitions, MOST_KEPT, FIELD, keys.ALERTS_CHANNEL, *tick.alerts),
        ]
        self._publish([keys.ALERTS_STATE, keys.ALERTS, keys.ALERT_RULES, keys.TOTALS], arguments, client=pipe)

    def note(self, tick: TickAlerts, table: MarketTable, reply: Any) -> int:
        """Note what became of a tick's alerts. Returns how many were published.

        Args:
            tick: it.
            table: the market as it was.
            reply: to the script that :meth:`add` has added.

        Raises:
            redis.exceptions.RedisError: nothing was published; the next tick is evaluated from the state before.
        """
        if isinstance(reply, Exception):
            raise reply
        if reply == _TAKEN:
            # Another program has written the key since this process looked.
            log.warning("the alerts of a tick were left out, for %s had changed", keys.ALERTS_STATE)
            return 0
        self._state, self._resets = tick.evaluated.state, table.resets
        return int(reply)


@lru_cache(maxsize=1)
def _definitions(rules: tuple[Rule, ...]) -> bytes:
    return definition.encode([rule.definition for rule in rules])
