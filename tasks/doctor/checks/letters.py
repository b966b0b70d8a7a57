"""Dead letters of the last minutes, by reason."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from leaderboard import keys
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, warning, wrong

#: Seconds of the past that count, and those in which many letters are too many.
HOUR, MINUTE = 3600, 60
#: Letters of the last minute from which on somebody sends bad bars all the time.
POURING = 60

# Letters that are read at most.
_MOST = 300
_REASONS = 3


def check(deployment: Deployment) -> Iterable[Finding]:
    """Read the newest letters, a few hundred at most."""
    client: Any = deployment.boards.client
    seconds, _ = client.time()
    kept = client.xlen(keys.DEAD)
    minute = _reasons(client, seconds - MINUTE)
    return [judge(kept, minute, minute if len(minute) >= POURING else _reasons(client, seconds - HOUR))]


def _reasons(client: Any, since: int) -> list[str]:
    """The reasons of letters since a Unix second."""
    letters = client.xrange(keys.DEAD, min=f"{since * 1000}-0", count=_MOST)
    return [fields.get(b"reason", b"").decode(errors="replace") for _, fields in letters]


def judge(kept: int, minute: Sequence[str], hour: Sequence[str]) -> Finding:
    """Judge the dead letters.

    Args:
        kept: how many there are.
        minute, hour: reasons of those of the last minute, and hour; as many as were read.
    """
    if not hour:
        return ok(f"none in the last hour; {kept:,} are kept")
    reasons = "; ".join(f"{count} x {reason}" for reason, count in _by_reason(hour)[:_REASONS])
    do = "`python -m tasks dead list` shows them; mend the producer, then `python -m tasks dead resend`."
    if len(minute) >= POURING:
        return wrong(
            f"{_count(minute)} in the last minute, {kept:,} kept: {reasons}",
            f"Stop the producer of these bars first, as the newest letters push out the oldest. {do}",
            Page.DEAD_LETTERS,
        )
    return warning(f"{_count(hour)} in the last hour, {kept:,} kept: {reasons}", do, Page.DEAD_LETTERS)


def _count(letters: Sequence[str]) -> str:
    return f"{len(letters)} or more" if len(letters) >= _MOST else str(len(letters))


def _by_reason(reasons: Iterable[str]) -> list[tuple[str, int]]:
    """Reasons with how often each came, whatever their numbers, the most frequent first."""
    return Counter(re.sub(r"\d[\d.,]*", "N", reason)[:100] for reason in reasons).most_common()
