"""The queues: what waits, what is in flight, and what nobody will ever take."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from redis.exceptions import NoPermissionError

from config import queue_depth
from config.celery import AGGS, CLOCK, REFERENCE
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, unknown, warning, wrong
from tasks.intake.queue_rules import rules_by_queue

#: Messages from which on a queue is long; above QUEUE_BOUND, feeds wait.
LONG: Mapping[str, int] = {AGGS: 5_000, CLOCK: 10, REFERENCE: 100}
#: Messages that a working clock worker never leaves in its queue.
CLOCK_ABANDONED = 60

# Messages that are read at each end of a queue, keys for each SCAN, and how many of those.
_SAMPLE = 10
_KEYS = 500
_SCANS = 20


class Queues(NamedTuple):
    """The broker at one moment.

    Attributes:
        waiting: messages by queue.
        unacked: messages in flight.
        oldest: seconds since the delivery of the oldest of them; None: there is none.
        tasks: names of tasks by queue, of some of its messages.
    """

    waiting: Mapping[str, int]
    unacked: int
    oldest: float | None
    tasks: Mapping[str, frozenset[str]]


def check(deployment: Deployment) -> Iterable[Finding]:
    """Read depths, the oldest message in flight, and some messages."""
    settings = deployment.settings
    with deployment.app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        read = Queues(
            waiting={queue: queue_depth.waiting(channel, queue) for queue in LONG},
            unacked=queue_depth.unacked(channel),
            oldest=_oldest(channel),
            tasks={queue: _tasks(channel, queue) for queue in LONG},
        )
        known = {key for queue in LONG for key in queue_depth.priority_lists(channel, queue)}
    yield from judge_depths(read.waiting, settings.queue_bound)
    yield judge_in_flight(read.unacked, read.oldest, settings.visibility_timeout)
    rules = rules_by_queue(settings.queue_tasks)
    yield from judge_tasks(read.tasks, {queue: rules[queue].tasks for queue in LONG})
    try:
        yield from judge_lists(_lists(deployment), known)
    except NoPermissionError:
        yield unknown("this user may not SCAN: lists that nobody takes from were not looked for", see=Page.USERS)


def _oldest(channel: Any) -> float | None:
    entry = channel.client.zrange(channel.unacked_index_key, 0, 0, withscores=True)
    # By the server's clock, as deliveries are recorded.
    seconds, _ = channel.client.time()
    return max(0.0, seconds - float(entry[0][1])) if entry else None


def _tasks(channel: Any, queue: str) -> frozenset[str]:
    """The tasks of some messages at both ends of a queue."""
    try:
        ends = [*channel.client.lrange(queue, 0, _SAMPLE - 1), *channel.client.lrange(queue, -_SAMPLE, -1)]
    except NoPermissionError:
        return frozenset()
    return frozenset(map(_task_of, ends))


def _task_of(message: bytes) -> str:
    try:
        return str(json.loads(message)["headers"]["task"])[:100]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "(no message of Celery)"


def _lists(deployment: Deployment) -> dict[str, int]:
    """The lists of the broker's database, with their lengths; of a large database some.

    No key names the queues to which a wrong name was given, so this walks the keyspace, as nothing but an
    operator's command may, and for a bounded number of steps.
    """
    client: Any = deployment.queues.client
    cursor, names = 0, set[bytes]()
    for _ in range(_SCANS):
        cursor, found = client.scan(cursor, count=_KEYS, _type="list")
        names.update(found)
        if not cursor:
            break
    return {name.decode(errors="replace"): _length(client, name) for name in sorted(names)[:_KEYS]}


def _length(client: Any, name: bytes) -> int:
    try:
        return int(client.llen(name))
    except NoPermissionError:
        return 0


# --- judgements


def judge_depths(waiting: Mapping[str, int], bound: int) -> Iterator[Finding]:
    """Judge what waits.

    Args:
        waiting: messages by queue.
        bound: bars above which feeds wait.
    """
    well = True
    most = {AGGS: bound, CLOCK: CLOCK_ABANDONED, REFERENCE: math.inf}
    for queue, count in waiting.items():
        says = f"{count:,} messages wait in {queue}"
        if count > most[queue]:
            well = False
            yield wrong(says, _REMEDIES[queue], _PAGES[queue])
        elif count > LONG[queue]:
            well = False
            yield warning(says, f"Look again in half a minute. {_REMEDIES[queue]}", _PAGES[queue])
    if well:
        yield ok(", ".join(f"{count:,} in {queue}" for queue, count in waiting.items()))


_REMEDIES: Mapping[str, str] = {
    AGGS: "Start workers, or more of them: celery -A tasks worker -Q aggs.",
    CLOCK: "Start a clock worker: celery -A tasks worker -Q clock,reference. What waits has expired; leave it.",
    REFERENCE: "Start a clock worker, or see in its log why the source of reference data does not answer.",
}
_PAGES = {AGGS: Page.QUEUE_DEEP, CLOCK: Page.CLOCK_STOPPED, REFERENCE: Page.REFERENCE}


def judge_in_flight(unacked: int, oldest: float | None, timeout: int) -> Finding:
    """Judge what is in flight.

    Args:
        unacked: how many messages.
        oldest: seconds since the oldest was delivered.
        timeout: seconds after which a lost worker's messages are delivered again.
    """
    if not unacked:
        return ok("nothing is in flight")
    if oldest is None or oldest <= 1.5 * timeout:
        return ok(f"{unacked:,} messages are in flight, the oldest for {oldest or 0:.0f} s")
    return warning(
        f"{unacked:,} messages are in flight, the oldest for {oldest:,.0f} s; after {timeout} s any worker should "
        "have put it back into its queue",
        "If no worker runs, start one: it puts them back. If workers run, they hang or have too much to do.",
        Page.IN_FLIGHT,
    )


def judge_tasks(tasks: Mapping[str, frozenset[str]], allowed: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """A finding for each queue that has messages of other tasks than it runs."""
    for queue, names in tasks.items():
        if others := names - allowed[queue]:
            yield warning(
                f"messages in {queue} that it does not run: {', '.join(sorted(others))}",
                "Find out who sends them: workers make them dead letters. QUEUE_TASKS allows more in aggs.",
                Page.DEAD_LETTERS,
            )


def judge_lists(lists: Mapping[str, int], known: Iterable[str]) -> Iterator[Finding]:
    """A finding about lists that are no queue of the system and hold messages.

    Args:
        lists: the broker's lists with their lengths.
        known: names of the queues' lists.
    """
    expected = set(known)
    others: Sequence[str] = [
        f"{name} ({count:,})"
        for name, count in lists.items()
        if count and name not in expected and "celery.pidbox" not in name and not name.startswith("celeryev.")
    ]
    if others:
        yield warning(
            f"lists in the broker's database are no queue of this system: {', '.join(others[:10])}",
            f"The queues are {', '.join(LONG)}. If a name is misspelt, correct its producer: nobody takes these.",
            Page.DEPLOY,
        )
