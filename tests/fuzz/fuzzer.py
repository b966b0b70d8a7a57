"""``python -m tests.fuzz --minutes 4``: made-up events for the model, and made-up messages for a worker.

An event is refused or becomes an event, by both ways of validating it the same one, whatever its text is. A
message on the queue of bars is applied or becomes a dead letter, whatever its bytes are; sound bars between such
messages are all applied, none stays in flight, and the worker goes on. What fails is printed, with the seed that
makes it again, and ends the run with exit code 1.
"""

import random
import re
import sys
import tempfile
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import msgspec
import typer
from celery.utils.time import maybe_iso8601, maybe_make_aware
from kombu.utils.json import loads
from redis import Redis
from rich.console import Console
from rich.table import Table

from config.celery import AGGS
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.event import Event, is_symbol, parse_json
from leaderboard.reason_kind import ReasonKind
from leaderboard.store.dead_letters import DeadLetters
from leaderboard.validation import validate
from tasks.app import app
from tasks.fastlane.consuming.messages import call_of
from tasks.intake.message_validation import invalid_reason
from tasks.intake.queue_rules import RULES
from tests.support.boards import totals
from tests.support.messages.hostile import HOSTILE, call, envelope
from tests.support.messages.odd_headers import ODD_HEADERS
from tests.support.processes import Processes

#: Messages in a round, and events that are tried meanwhile.
ROUND = 400
EVENTS = 2_000
#: Seconds until the end of a round.
TIMEOUT = 60.0

_FIELDS = [
    "ev",
    "sym",
    "v",
    "av",
    "o",
    "c",
    "h",
    "l",
    "vw",
    "a",
    "z",
    "op",
    "s",
    "e",
    "otc",
    "dv",
    "dav",
    "event_type",
    "symbol",
    "volume",
    "accumulated_volume",
    "open",
    "close",
    "high",
    "low",
    "vwap",
    "aggregate_vwap",
    "average_size",
    "official_open_price",
    "start_timestamp",
    "end_timestamp",
]
# Of a message of Celery's, by where they stand.
_HEADERS = [
    *("lang", "task", "id", "shadow", "root_id", "parent_id", "group", "group_index", "retries", "timelimit"),
    *("argsrepr", "kwargsrepr", "origin", "ignore_result", "eta", "expires", "compression", "stamps"),
    *("stamped_headers", "replaced_task_nesting", "meth", "traceparent", "baggage", "redelivered"),
    # Of a task's request, and no headers.
    *(
        "callbacks",
        "errbacks",
        "chain",
        "chord",
        "taskset",
        "utc",
        "headers",
        "update",
        "_protected",
        "called_directly",
    ),
]
_PROPERTIES = [
    "reply_to",
    "correlation_id",
    "delivery_tag",
    "delivery_info",
    "delivery_mode",
    "priority",
    "body_encoding",
]
# What is to follow on a task.
_EMBED = ["callbacks", "errbacks", "chain", "chord", "timelimit", "delivery_info"]
_FOLLOWER = '{"task": "tasks.publish_snapshot", "args": [], "kwargs": {}, "options": {"time_limit": 0.001}}'
_FOLLOWERS = ["null", "[]", "{}", _FOLLOWER, f"[{_FOLLOWER}]", f"[{_FOLLOWER}, {_FOLLOWER}]", f"[[{_FOLLOWER}]]"]
_OTHERS = ["body", "headers", "properties", "content-type", "content-encoding"]
# What somebody might send as strings, as JSON spells them.
_STRINGS = [
    "",
    "A",
    "AAPL",
    "a b",
    "A:data",
    "*",
    "A\\u0000",
    "\\ud800",
    "\\ud83d\\ude80",
    "1.5",
    "1e5",
    "9",
    "A/B",
    "nan",
]
_NUMBERS = [
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "1.5",
    "1e308",
    "1e309",
    "-1e309",
    "1e-400",
    "1e999",
    "0.1",
    "7",
    "4102444800000",
    # Times in other units than milliseconds, and of the years at which they end.
    "946684799999",
    "946684800000",
    "1795891998",
    "1795891998.5",
    "1795891998000.0",
    "1795891998000.5",
    "1795891998000000",
    "1795891998000000000",
]
# JSON texts of values that somebody might send.
_VALUES = [
    *("null", "true", "false", "NaN", "Infinity", "-Infinity"),
    *_NUMBERS,
    *(f'"{text}"' for text in _STRINGS),
    "9" * 19,
    "9" * 400,
    "9" * 5_000,
    "-" + "9" * 400,
    "[]",
    "{}",
    "[1]",
    '{"a": 1}',
    "[" * 40 + "]" * 40,
    "[" * 3_000 + "]" * 3_000,
    '"' + "X" * 10_000 + '"',
    '{"__type__": "decimal", "__value__": "1"}',
    '{"__type__": "bytes", "__value__": "x"}',
    '"' + "9" * 300 + "." + "9" * 300 + '"',
    "4102444799999.0",
    '"unterminated',
    "A",
]
# And for those that mean something to Celery, what is nearly right.
_TIMES = [
    *(
        f'"{text}"'
        for text in ("2020-01-01T00:00:00+00:00", "2020-01-01", "2020-02-30T00:00:00", "24:00", "20200101T000000Z")
    ),
    *(
        f'"{text}"'
        for text in ("9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59")
    ),
    '{"__type__": "datetime", "__value__": "9999-12-31T23:59:59+00:00"}',
    '{"__type__": "datetime", "__value__": "now"}',
]
_NEARLY = {
    "eta": _TIMES,
    "expires": _TIMES,
    "compression": [
        f'"{text}"' for text in ("gzip", "application/x-gzip", "application/x-bz2", "application/zstd")
    ],
    "stamps": ['{"a": [1]}', '{"task": ["x"]}', '{"a": {"b": {}}}', '{"": null}'],
    "stamped_headers": ['["a"]', '["stamps"]', '["task", "id"]', "[[]]", "[null]", '[{"a": 1}]'],
    "timelimit": [
        "[null, null]",
        "[0, 0]",
        "[-1, -1]",
        "[1e308, 1e308]",
        '["a", "b"]',
        "[1]",
        "[1, 2, 3]",
        "[0.001, null]",
    ],
    "reply_to": ['"aggs"', '"clock"', '"unacked"'],
    "group": ['"a"'],
    "retries": ["19", "20", "-5"],
}


class Maker:
    """Makes events and messages of what a source of chance says."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance

    def event(self, now: int) -> bytes:
        """Text that is, more or less, the JSON of an event."""
        some = self._random
        members = [("sym", '"A"'), ("c", "10.5"), ("s", str(now - 1000)), ("e", str(now))]
        members += [(name, some.choice(("1", "2.5", "100", "0"))) for name in some.sample(_FIELDS[2:12], 4)]
        for _ in range(some.choice((0, 0, 1, 1, 2, 4))):
            members.append((some.choice(_FIELDS), some.choice(_VALUES)))
        if some.random() < 0.2:
            members.append((some.choice(("", "x", "__type__", "\\u0000", "\\ud800")), some.choice(_VALUES)))
        if some.random() < 0.2:
            members.pop(some.randrange(len(members)))
        some.shuffle(members)
        text = "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"
        return self._mutated(text.encode()) if some.random() < 0.3 else text.encode()

    def message(self, now: int) -> bytes:
        """Bytes that are, more or less, a message of a task."""
        # An id of its own: what has expired takes with it all that go by the same.
        return _own(self._message(now), self._random.getrandbits(60))

    def _message(self, now: int) -> bytes:
        some = self._random
        kind = some.randrange(8)
        if kind == 0:
            return some.randbytes(some.randrange(200))
        if kind == 1:
            return self._mutated(envelope(b'[[%b],{},{"callbacks":null}]' % self.event(now)))
        if kind == 2:
            return self._retyped(envelope(b"[[%b],{},{}]" % self.event(now)))
        if kind == 3:
            return envelope(self._mutated(call({"sym": "A", "c": 1, "s": now - 1000, "e": now})))
        if kind == 4:
            name = some.choice([name for name in HOSTILE if name != "10 MB event"])
            return HOSTILE[name][0]
        if kind == 5:
            name, value = some.choice(ODD_HEADERS)
            odd: dict[str, Any] = {name: value}
            return envelope(b"[[%b],{},{}]" % self.event(now), **odd)
        if kind == 6:
            follows = f'"{some.choice(_EMBED)}":{some.choice((*_FOLLOWERS, *_VALUES))}'
            return envelope(b"[[%b],{},{%b}]" % (self.event(now), follows.encode()))
        return envelope(b"[[%b],{},{}]" % self.event(now))

    def _retyped(self, message: bytes) -> bytes:
        """The message with a part of it of another type."""
        some = self._random
        text = message.decode()
        name = some.choice(some.choice((list(_NEARLY), _HEADERS, _PROPERTIES, _OTHERS)))
        value = some.choice(_NEARLY[name] if name in _NEARLY and some.random() < 0.5 else _VALUES)
        made: str = re.sub(
            rf'"{name}": (\{{[^{{}}]*\}}|"[^"]*"|[^,{{}}]+)', lambda _: f'"{name}": {value}', text, count=1
        )
        if made != text:
            return made.encode()
        where = "properties" if name in _PROPERTIES else "headers"
        return text.replace(f'"{where}": {{', f'"{where}": {{"{name}": {value}, ').encode()

    def _mutated(self, data: bytes) -> bytes:
        """The bytes with some of them changed, gone, doubled or cut off."""
        some = self._random
        changed = bytearray(data)
        for _ in range(some.choice((1, 1, 2, 8))):
            at = some.randrange(len(changed) + 1)
            match some.randrange(5):
                case 0:
                    changed[at : at + 1] = some.randbytes(1)
                case 1:
                    del changed[at : at + some.randrange(1, 9)]
                case 2:
                    changed[at:at] = changed[at : at + some.randrange(1, 30)]
                case 3:
                    changed[at:at] = some.choice((b"\x00", b"\xff", b'"', b"{", b"]", b",", b"\\u", b"-", b"e9"))
                case _:
                    if some.random() < 0.2:
                        del changed[at:]
        return bytes(changed)


@dataclass
class Found:
    """What a run has seen.

    Attributes:
        events, messages: cases, by what became of them.
        failures: what should not have happened.
    """

    events: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def try_event(text: bytes, now: int) -> str:
    """Validate an event's text by itself, from its JSON and from its dict.

    Returns:
        What became of it.

    Raises:
        AssertionError: the two ways differ, or what was accepted is no event.
    """
    asked = call_of("0", b"[[" + text + b"],{},{}]")
    if asked is None:
        return "no JSON, for Celery to refuse"
    assert asked.text is not None
    plain = _plain(asked.text[1:-1])
    if len(asked.args) != 1:
        assert plain is None, f"one event of {len(asked.args)} arguments: {plain}"
        return "not one argument"
    events, refused = validate(asked.args, now)
    assert len(events) + len(refused) == 1
    events_of_text, refused_of_text = validate(asked.args, now, texts=[asked.text[1:-1]])
    assert (events_of_text, refused_of_text) == (events, refused)
    if plain is not None and not any(each.kind is ReasonKind.FUTURE for each in refused):
        assert plain == events, f"{plain} from JSON, {events or refused} from a dict"
    if refused:
        return "refused"
    _assert_sound(events[0])
    return "accepted" if plain is None else "accepted as it is"


def _plain(text: bytes) -> list[Event] | None:
    try:
        return parse_json([text])
    except ValueError:
        return None


def _assert_sound(event: Event) -> None:
    assert is_symbol(event.symbol), event
    assert event.open or not event.close, event
    for timestamp in (event.start_timestamp, event.end_timestamp):
        assert 2000 <= datetime.fromtimestamp(timestamp / 1000, UTC).year < 2100, event
    amounts = [value for value in msgspec.structs.astuple(event) if isinstance(value, float)]
    assert all(isfinite(amount) and amount >= 0 for amount in amounts), event


def fuzz_events(seed: int, number: int, found: Found) -> None:
    now = int(time.time() * 1000)
    maker = Maker(random.Random(seed))
    for _ in range(number):
        text = maker.event(now)
        try:
            found.events[try_event(text, now)] += 1
        except Exception as error:
            found.failures.append(f"seed {seed}, event {text[:2000]!r}: {type(error).__name__}: {error}")


class Queue:
    """A worker's queue, and what became of what was put there."""

    def __init__(self, server: RedisServer) -> None:
        self._boards = Redis.from_url(server.url(0))
        self._broker = Redis.from_url(server.url(1))
        self._letters = DeadLetters(self._boards, most=1_000_000)

    def fuzz(self, seed: int, found: Found, alive: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
        """Send a round of messages with sound bars between them, and see what becomes of them."""
        now = int(time.time() * 1000)
        maker = Maker(random.Random(seed))
        messages = [maker.message(now) for _ in range(ROUND)]
        bars = {f"SOUND{n}": 10 + (seed * ROUND + n) % 1_000_000 / 100 for n in range(ROUND)}
        expired = sum(map(_has_expired, messages))
        before = totals(self._boards)
        processed = before.processed + 2 * ROUND - expired
        self._letters.purge()
        sound = ({"sym": symbol, "c": close, "s": now - 1000, "e": now} for symbol, close in bars.items())
        self._broker.lpush(
            AGGS, *(each for pair in zip(messages, map(_message, sound), strict=True) for each in pair)
        )
        meanwhile()
        deadline = time.monotonic() + TIMEOUT
        # Stock Celery records a message as in flight a moment after it took it: for that moment it is nowhere.
        while alive() and not self._is_done(processed) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not alive():
            found.failures.append(f"seed {seed}: the worker ended")
            return
        if self._is_left():
            unacked: Any = self._broker.hvals("unacked")
            found.failures.append(
                f"seed {seed}: {self._broker.llen(AGGS)} messages wait, "
                f"{len(unacked)} are in flight: {unacked[:2]!r:.3000}"
            )
            self._broker.flushdb()
        found.messages["sound bars applied"] += self._applied(bars, seed, found)
        after = totals(self._boards)
        for letter in self._letters:
            found.messages[f"dead letter: {_kind(letter.reason)}"] += 1
        found.messages["made-up messages that were bars: applied"] += after.applied - before.applied - len(bars)
        found.messages["made-up messages that were bars: stale or late"] += (
            after.stale + after.late - before.stale - before.late
        )
        found.messages["expired, and discarded as Celery does"] += expired
        missing = processed - after.processed
        if missing:
            found.failures.append(f"seed {seed}: {missing} of {2 * ROUND} messages are not accounted for")

    def _applied(self, bars: dict[str, float], seed: int, found: Found) -> int:
        with self._boards.pipeline(transaction=False) as pipe:
            for symbol in bars:
                pipe.hget(keys.row(symbol), "close")
            closes = pipe.execute()
        wrong = [
            symbol
            for (symbol, close), stored in zip(bars.items(), closes, strict=True)
            if float(stored or 0) != close
        ]
        if wrong:
            found.failures.append(
                f"seed {seed}: {len(wrong)} sound bars are not on the boards, such as {wrong[0]}"
            )
        return len(bars) - len(wrong)

    def _is_done(self, processed: int) -> bool:
        return totals(self._boards).processed >= processed and not self._is_left()

    def _is_left(self) -> bool:
        return bool(self._broker.llen(AGGS) or self._broker.hlen("unacked"))


def _message(event: dict[str, Any]) -> bytes:
    return _own(envelope(call(event)), uuid4().int)


def _own(message: bytes, number: int) -> bytes:
    """The message with an id and a tag of its own, as stock clients give it."""
    return re.sub(rb'"(id|delivery_tag)": "0"', rb'"\1": "%d"' % number, message)


def _has_expired(message: bytes) -> bool:
    """Whether a message that can be read says that it is not to run any more."""
    try:
        told = loads(message.decode())
        payload = loads(b64decode(told["body"]).decode())
        if invalid_reason(RULES[AGGS], told["headers"], told["properties"], payload, time.time):
            return False
        until = maybe_iso8601(told["headers"].get("expires"))
        return until is not None and maybe_make_aware(until, app.timezone).timestamp() < time.time()
    except Exception:
        # Which is what the worker is to find out.
        return False


def _kind(reason: str) -> str:
    """The reason without what differs from case to case."""
    reason = re.sub(", got .*", "", reason, flags=re.DOTALL)
    told = reason.split(": ")[1] if reason.startswith(("message", "body")) else re.sub("^.*: |, got.*", "", reason)
    return re.sub(r"['\"].*|[\d,]+|0x\w+", "#", told)[:60]


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 4.0,
    seed: Annotated[int | None, typer.Option(help="The first round's; else one of the time.")] = None,
    stock: Annotated[bool, typer.Option("--stock", help="A worker without the fast lane.")] = False,
) -> None:
    """Try made-up events and messages, and print what became of them."""
    found = Found()
    first = int(time.time()) if seed is None else seed
    until = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis").start()
        environment = {"REDIS_URL": server.url(0), "CELERY_BROKER_URL": server.url(1), "MARKET_CLOCK": "wall"}
        processes = Processes(Path(folder), **environment, VISIBILITY_TIMEOUT="3600", LOG_LEVEL="ERROR")
        try:
            options = ("--pool", "solo") if stock else ()
            processes.start_worker("worker", *options, FAST_LANE="0" if stock else "1")
            queue = Queue(server)
            rounds = 0
            while time.monotonic() < until and processes.alive("worker") and len(found.failures) < 20:
                this = first + rounds
                queue.fuzz(
                    this,
                    found,
                    lambda: processes.alive("worker"),
                    lambda n=this: fuzz_events(n, EVENTS, found),  # type: ignore[misc]
                )
                rounds += 1
            log = processes.log("worker")
        finally:
            processes.stop()
            server.stop()
    _print(found, rounds, first)
    if found.failures:
        print(log[-8_000:], file=sys.stderr)
        raise typer.Exit(1)


def _print(found: Found, rounds: int, first: int) -> None:
    console = Console()
    for title, counts in (("events", found.events), ("messages", found.messages)):
        table = Table("what became of it", "cases", title=f"{counts.total():,} {title}")
        for what, count in counts.most_common():
            table.add_row(what, f"{count:,}")
        console.print(table)
    console.print(f"{rounds} rounds, seeds from {first}; {len(found.failures)} failures", highlight=False)
    for failure in found.failures:
        console.print(failure, highlight=False, markup=False, soft_wrap=True)
