"""Finds the channels on which nobody listens, so that nothing is published there.

A new subscriber reads the key of the channel's name, which holds what was published last. So a channel without
listeners needs no publication, and most screens have none most of the time: the clock worker sends 9 MB less for
20 screens of 500 rows.
"""

from collections.abc import Sequence
from typing import Any


def ask(pipe: Any, channels: Sequence[str]) -> None:
    """Add the commands whose replies :func:`without` takes.

    Args:
        pipe: a pipeline of redis-py, to be executed without raising errors.
        channels: those that are asked about.
    """
    pipe.pubsub_numpat()
    pipe.pubsub_numsub(*channels)
    pipe.info("replication")


def without(replies: Sequence[Any]) -> frozenset[str]:
    """The channels on which nobody listened when Redis replied.

    None of them if that cannot be known: patterns may match any channel, and a replica has listeners of its own. A
    replica that has lost its connection catches up from the backlog, publications included.

    Args:
        replies: to the commands of :func:`ask`. Refusals: the users of Redis are those of an older release.
    """
    if any(isinstance(reply, Exception) for reply in replies):
        return frozenset()
    patterns, listeners, replication = replies
    if patterns or replication.get("connected_slaves") != 0 or replication.get("repl_backlog_active") != 0:
        return frozenset()
    return frozenset(channel.decode() for channel, count in listeners if not count)
