"""Dead letters: the events that were refused, kept with their reason until somebody has looked at them."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from redis import Redis
from redis.exceptions import ResponseError

from config.log_throttle import LogThrottle
from leaderboard import keys, scripts
from leaderboard.event import Refused, brief
from leaderboard.key_faults import named

log = logging.getLogger(__name__)

#: Characters of a payload, as JSON, up to which it is kept whole; of a longer one :func:`excerpt` is.
WHOLE = 2_048
#: Bytes for each letter that may be kept: of longer letters, fewer are. One of a bar takes some 220 to 260. Redis
#: needs a fifteenth more at worst than is counted.
EACH = 300

_KEYS = (keys.DEAD, keys.DEAD_BYTES)
# Entries per read of the stream, and letters per call of the script.
_PAGE = 500
# Characters of a longer payload that are kept, and bytes of a reason.
_EXCERPT = 1_000


@dataclass(frozen=True)
class DeadLetter:
    """One refused event.

    Attributes:
        id: its place in the stream.
        time: when it was refused, Unix milliseconds.
        reason: what was wrong with it.
        payload: what was received, as JSON; where it was long, its beginning and its size as a JSON string.
    """

    id: str
    time: int
    reason: str
    payload: str


class DeadLetters:
    """The stream of refused events, bounded in letters and in bytes (``dead_letters.lua``).

    Args:
        redis: the Redis of the boards.
        most: letters kept, and :data:`EACH` times as many bytes; the oldest make room.
    """

    def __init__(self, redis: Redis, *, most: int) -> None:
        self._redis = redis
        self._bounds = (most, EACH * most)
        self._change = scripts.load(redis, "dead_letters.lua")
        self._throttle = LogThrottle()

    def add(self, refused: Sequence[Refused]) -> None:
        """Keep refused payloads.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refused; retry, at worst some are kept twice.
        """
        with named(self._redis):
            self._add(refused)

    def _add(self, refused: Sequence[Refused]) -> None:
        # By the server's clock, the same for all machines.
        seconds, microseconds = self._redis.time()
        now = seconds * 1000 + microseconds // 1000
        for start in range(0, len(refused), _PAGE):
            values: list[tuple[bytes | str | int, ...]] = [
                (_text(each.reason), _json(each.payload), now) for each in refused[start : start + _PAGE]
            ]
            self._change(_KEYS, (*self._bounds, "add", *chain.from_iterable(values)))
        try:
            self._redis.hincrby(keys.TOTALS, "dead", len(refused))
        except ResponseError as error:
            # They are kept: totals that cannot be counted up must not have them kept again.
            if self._throttle.allows(str(error)):
                log.warning("dead letters are not counted: %s", error)

    def __len__(self) -> int:
        return self._redis.xlen(keys.DEAD)

    def __iter__(self) -> Iterator[DeadLetter]:
        """All letters, oldest first."""
        after = "-"
        while page := self._page(after, "+"):
            yield from page
            after = f"({page[-1].id}"

    def get(self, letter: str) -> DeadLetter | None:
        """The letter of that id, None where it is gone.

        Raises:
            redis.exceptions.ResponseError: it is no stream id.
        """
        return next(iter(self._page(letter, letter)), None)

    def _page(self, first: str, last: str) -> list[DeadLetter]:
        entries = cast(
            list[tuple[bytes, dict[bytes, bytes]]],
            self._redis.xrange(keys.DEAD, min=first, max=last, count=_PAGE),
        )
        return [
            DeadLetter(
                id=entry.decode(),
                time=int(fields[b"time"]),
                reason=fields[b"reason"].decode(),
                payload=fields[b"payload"].decode(),
            )
            for entry, fields in entries
        ]

    def remove(self, letters: Sequence[str]) -> int:
        """Remove letters by id. Returns how many there were."""
        return int(self._change(_KEYS, (*self._bounds, "remove", *letters))) if letters else 0

    def purge(self) -> int:
        """Remove all letters. Returns how many there were."""
        # No transaction, which a server whose memory is full would refuse.
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.xlen(keys.DEAD)
            pipe.unlink(*_KEYS)
            return int(pipe.execute()[0])


def excerpt(payload: bytes | str) -> str:
    """What is kept of a payload that is text: all of it, or of a long one the beginning and how long it was."""
    if len(payload) > WHOLE:
        unit = "bytes" if isinstance(payload, bytes) else "characters"
        return f"{excerpt(payload[:_EXCERPT])}... ({len(payload):,} {unit})"
    return payload.decode(errors="backslashreplace") if isinstance(payload, bytes) else payload


def _text(reason: str) -> bytes:
    # An error's text may quote half of a surrogate pair, which no encoding has bytes for.
    return reason[:_EXCERPT].encode(errors="backslashreplace")[:_EXCERPT].decode(errors="ignore").encode()


def _json(payload: Any) -> str:
    text = _whole_json(payload)
    return text if len(text) <= WHOLE else json.dumps(excerpt(text))


def _whole_json(payload: Any) -> str:
    # What came as JSON goes back as JSON; anything else a caller handed over is kept readable at least.
    try:
        text = json.dumps(payload, default=repr)
    except (ValueError, RecursionError):
        return json.dumps(brief(payload))
    if "NaN" in text or "Infinity" in text:
        # JSON has no such numbers, though Python writes them: they become strings.
        return json.dumps(json.loads(text, parse_constant=str))
    return text
