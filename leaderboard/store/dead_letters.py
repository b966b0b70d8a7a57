"""Dead letters: refused events, kept with the reason until an operator has looked at them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from redis import Redis

from leaderboard import keys
from leaderboard.brief import brief
from leaderboard.connections.wrong_keys import naming_wrong_keys
from leaderboard.scripts import script
from leaderboard.validation import Refused

#: Characters of a payload, as JSON, that is kept whole; of a longer one :func:`excerpt` is kept.
MAX_PAYLOAD = 2_048
#: Bytes per letter that the stream may hold; if letters are longer, fewer are kept. The letter of a bar with all
#: its fields takes 330 to 345. Redis needs at most a fifteenth more than is counted.
BYTES_PER_LETTER = 350

_KEYS = (keys.DEAD, keys.DEAD_BYTES, keys.TOTALS)
# Entries per read of the stream, and letters per script call.
_PAGE = 500
# Characters kept of a longer payload, and bytes of a reason.
_EXCERPT = 1_000


@dataclass(frozen=True)
class DeadLetter:
    """One refused event.

    Attributes:
        id: its place in the stream.
        time: when it was refused, Unix milliseconds.
        reason: what was wrong with it.
        payload: what was received, as JSON; if it was long, its beginning and its size, as a JSON string.
        task: id of the task that brought it; empty: not known.
    """

    id: str
    time: int
    reason: str
    payload: str
    task: str = ""


class DeadLetters:
    """The stream of refused events, bounded in letters and in bytes (``dead_letters.lua``).

    Args:
        redis: the Redis of the boards.
        most: letters kept, and :data:`BYTES_PER_LETTER` times as many bytes; the oldest are removed first.
    """

    def __init__(self, redis: Redis, *, most: int) -> None:
        self._redis = redis
        self._bounds = (most, BYTES_PER_LETTER * most)
        self._change = script.load(redis, "dead_letters.lua")

    def add(self, refused: Sequence[Refused]) -> None:
        """Keep refused payloads, and count them in the totals.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refused; retry, at worst some are kept twice.
        """
        with naming_wrong_keys(self._redis):
            self._add(refused)

    def _add(self, refused: Sequence[Refused]) -> None:
        # By the server's clock, the same for all machines.
        seconds, microseconds = self._redis.time()
        now = seconds * 1000 + microseconds // 1000
        for start in range(0, len(refused), _PAGE):
            page = refused[start : start + _PAGE]
            values: list[tuple[bytes | str | int, ...]] = [
                (_text(each.reason), _json(each.payload), now, each.kind, _text(each.task)) for each in page
            ]
            self._change(_KEYS, (*self._bounds, "add", *chain.from_iterable(values)))

    def __len__(self) -> int:
        return self._redis.xlen(keys.DEAD)

    def __iter__(self) -> Iterator[DeadLetter]:
        """All letters, oldest first."""
        after = "-"
        while page := self._page(after, "+"):
            yield from page
            after = f"({page[-1].id}"

    def get(self, letter: str) -> DeadLetter | None:
        """The letter with that id; None if there is none.

        Raises:
            redis.exceptions.ResponseError: the text is no stream id.
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
                task=fields.get(b"task", b"").decode(),
            )
            for entry, fields in entries
        ]

    def remove(self, letters: Sequence[str]) -> int:
        """Remove letters by id. Returns how many there were."""
        return int(self._change(_KEYS, (*self._bounds, "remove", *letters))) if letters else 0

    def purge(self) -> int:
        """Remove all letters. Returns how many there were."""
        # No transaction: a server whose memory is full would refuse it.
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.xlen(keys.DEAD)
            pipe.unlink(keys.DEAD, keys.DEAD_BYTES)
            return int(pipe.execute()[0])


def excerpt(payload: bytes | str) -> str:
    """What is kept of a text: all of it, or of a long one the beginning and its length."""
    if len(payload) > MAX_PAYLOAD:
        unit = "bytes" if isinstance(payload, bytes) else "characters"
        return f"{excerpt(payload[:_EXCERPT])}... ({len(payload):,} {unit})"
    return payload.decode(errors="backslashreplace") if isinstance(payload, bytes) else payload


def _text(reason: str) -> bytes:
    # The text of an error may quote half of a surrogate pair, which cannot be encoded.
    return reason[:_EXCERPT].encode(errors="backslashreplace")[:_EXCERPT].decode(errors="ignore").encode()


def _json(payload: Any) -> str:
    text = _whole_json(payload)
    return text if len(text) <= MAX_PAYLOAD else json.dumps(excerpt(text))


def _whole_json(payload: Any) -> str:
    # JSON stays JSON; anything else is at least kept readable.
    try:
        text = json.dumps(payload, default=repr)
    except (ValueError, RecursionError):
        return json.dumps(brief(payload))
    if "NaN" in text or "Infinity" in text:
        # JSON has no such numbers, though Python writes them. They become strings.
        return json.dumps(json.loads(text, parse_constant=str))
    return text
