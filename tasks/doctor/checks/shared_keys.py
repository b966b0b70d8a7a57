"""Keys that are of a wrong type, or hold what they must not."""

from collections.abc import Iterable, Sequence
from typing import Any

from redis.exceptions import NoPermissionError

from leaderboard.connections import wrong_keys
from tasks.doctor.deployment import Server
from tasks.doctor.finding import Finding, Page, ok, unknown, wrong


def check(server: Server) -> Iterable[Finding]:
    """Look at the shared keys of a server of the boards."""
    client: Any = server.client
    # No transaction: a server whose memory is full would refuse it.
    with client.pipeline(transaction=False) as pipe:
        wrong_keys.add_questions(pipe)
        replies = pipe.execute(raise_on_error=False)
    return judge(wrong_keys.read_answers(replies), sum(isinstance(each, NoPermissionError) for each in replies))


def judge(faults: Sequence[str], refused: int) -> list[Finding]:
    """A finding for each fault, and one if the user may not see all keys.

    Args:
        faults: sentences that begin with the key's name.
        refused: questions that the server refused.
    """
    findings = [
        wrong(
            fault,
            f"Find out who wrote it, then redis-cli RENAME {fault.split()[0]} junk. Work goes on by itself.",
            Page.WRONG_KEY,
        )
        for fault in faults
    ]
    if refused:
        findings.append(unknown("this user may not see all shared keys", see=Page.USERS))
    return findings or [ok("the shared keys are of their types")]
