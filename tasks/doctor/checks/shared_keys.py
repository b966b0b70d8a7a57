"""Keys that are of a wrong type, or hold what they must not."""

from collections.abc import Iterable, Sequence

from leaderboard.connections import wrong_keys
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, wrong


def check(deployment: Deployment) -> Iterable[Finding]:
    """Look at the shared keys of the boards."""
    return judge(wrong_keys.find(deployment.boards.client))


def judge(faults: Sequence[str]) -> list[Finding]:
    """A finding for each fault."""
    return [
        wrong(
            fault,
            f"Find out who wrote it, then redis-cli RENAME {fault.split()[0]} junk. Work goes on by itself.",
            Page.WRONG_KEY,
        )
        for fault in faults
    ] or [ok("the shared keys are of their types")]
