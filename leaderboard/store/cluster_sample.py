"""What the boards' Redis holds about the cluster, read at one moment."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from leaderboard import keys
from leaderboard.connections import redis_values, wrong_keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.store.totals import Totals

# As many digits as the greatest number that Redis counts to.
_COUNT = re.compile(rb"-?\d{1,19}")
# Replies of the pipeline before those about the keys' types.
_REPLIES = 6

_T = TypeVar("_T")


@dataclass(frozen=True)
class ClusterSample:
    """The state of the cluster. Ages are in seconds, by the clock of Redis.

    Attributes:
        time: when it was read, Unix milliseconds.
        totals: what was done; None: unknown.
        published: age of the last snapshot; None before the first.
        attempted: age of the last attempt to publish; None: there was none.
        unpublished: whether the boards have changed since the last snapshot.
        invalid: a sentence for each key that does not hold what it should.
        symbols: how many have traded today; None: unknown.
        screens: age of the last screens, whether any had changed; None before the first.
        wrong_keys: a sentence for each key of a wrong type; such a key stops workers, or a part of their work.
        revision: of the boards; None: unknown, or there is none.
        others: the revisions of the other servers, of several, in the last snapshot, as
            :func:`leaderboard.store.merged_boards.revisions_text` writes them.
        away: the numbers of other servers, from 2, that do not answer.
    """

    time: int
    totals: Totals | None
    published: float | None
    attempted: float | None
    unpublished: bool
    invalid: tuple[str, ...] = ()
    symbols: int | None = None
    screens: float | None = None
    wrong_keys: tuple[str, ...] = ()
    revision: int | None = None
    others: str = ""
    away: tuple[int, ...] = ()

    @property
    def processed(self) -> int | None:
        """Events processed; None: unknown."""
        return self.totals.processed if self.totals else None


def add_questions(pipe: Any) -> None:
    """Add the commands to a pipeline of redis-py, blocking or asynchronous."""
    pipe.hgetall(keys.TOTALS)
    pipe.hmget(keys.SNAPSHOT, ["published_at", "attempted_at", "revision", "others"])
    pipe.get(keys.REVISION)
    pipe.time()
    pipe.hlen(keys.RECORDS)
    pipe.hget(keys.SCREENS_STATE, "published_at")
    wrong_keys.add_questions(pipe)


def read_answers(replies: Sequence[Any]) -> ClusterSample:
    """The state, from the replies to :func:`add_questions`. A key that cannot be read does not affect the others.

    Raises:
        RedisError: Redis refuses.
    """
    return _sample_of(replies[:_REPLIES], wrong_keys.read_answers(replies[_REPLIES:]))


def _sample_of(replies: Sequence[Any], wrong_keys: Sequence[str]) -> ClusterSample:
    totals, snapshot, revision, now, symbols, screens = replies
    valid = _ValidValues()
    fields = valid.read(partial(redis_values.checked, keys.SNAPSHOT, snapshot, "a hash")) or [None] * 4
    published, attempted, shown = [
        valid.read(partial(redis_values.whole_number, keys.SNAPSHOT, field)) for field in fields[:3]
    ]
    seconds, microseconds = redis_values.checked("", now, "")
    now = seconds + microseconds / 1e6
    present = valid.read(partial(redis_values.whole_number, keys.REVISION, revision))
    screens = valid.read(partial(redis_values.whole_number, keys.SCREENS_STATE, screens))
    return ClusterSample(
        time=int(now * 1000),
        totals=valid.read(partial(_totals, totals)),
        published=_age(published, now),
        attempted=_age(attempted, now),
        unpublished=(present or 0) != (shown or 0),
        invalid=tuple(valid.problems),
        symbols=symbols if isinstance(symbols, int) else None,
        screens=_age(screens, now),
        wrong_keys=tuple(wrong_keys),
        revision=present,
        others=(fields[3] or b"").decode(errors="replace"),
    )


def merged(
    first: ClusterSample, others: Sequence[ClusterSample | None], known: Sequence[ClusterSample | None]
) -> ClusterSample:
    """The state of a cluster with several servers.

    Args:
        first: of the first server.
        others: of the others; None: it does not answer.
        known: of the others when they answered last, also now; None: they never did. Their totals count, for
            totals must not fall because a server is away.
    """
    totals, symbols = first.totals, first.symbols
    for other in filter(None, known):
        totals = totals + other.totals if totals and other.totals else totals
        symbols = (symbols or 0) + (other.symbols or 0)
    published = dict(enumerate(first.others.split()))
    return replace(
        first,
        totals=totals,
        symbols=symbols,
        unpublished=first.unpublished
        or any(other and published.get(n, "0") != str(other.revision or 0) for n, other in enumerate(others)),
        invalid=first.invalid + _numbered(others, lambda other: other.invalid),
        wrong_keys=first.wrong_keys + _numbered(others, lambda other: other.wrong_keys),
        away=tuple(n for n, other in enumerate(others, 2) if other is None),
    )


def _numbered(
    others: Sequence[ClusterSample | None], problems: Callable[[ClusterSample], Sequence[str]]
) -> tuple[str, ...]:
    return tuple(
        f"server {n}: {problem}" for n, other in enumerate(others, 2) if other for problem in problems(other)
    )


class _ValidValues:
    """Reads values, and collects what is wrong with those that are invalid."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, reading: Callable[[], _T]) -> _T | None:
        """The value; None if it is invalid."""
        try:
            return reading()
        except InvalidValueError as error:
            self.problems.append(str(error))
            return None


def _totals(reply: Any) -> Totals:
    counts: Mapping[bytes, bytes] = redis_values.checked(keys.TOTALS, reply, "a hash of counts")
    if not all(name.isascii() and _COUNT.fullmatch(count) for name, count in counts.items()):
        raise InvalidValueError(keys.TOTALS, "a hash of counts")
    return Totals.parse(counts)


def _age(milliseconds: int | None, now: float) -> float | None:
    return None if milliseconds is None else max(0.0, now - milliseconds / 1000)
