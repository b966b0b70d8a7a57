"""Reference data: its source, its last warm-up, and symbols that lack it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from leaderboard import keys
from leaderboard.boards import BY_NAME
from leaderboard.reference.redis_reference import PREVIOUS_DAY_TTL, RedisReference
from leaderboard.reference.warmups import Warmups
from leaderboard.sessions import session_of
from leaderboard.store.session_clock import read_session
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, warning, wrong

#: Symbols that are looked at: those with the greatest volume.
MOST = 200
#: Shares of them without a previous close that are odd, and wrong.
SOME, MANY = 0.05, 0.5


def check(deployment: Deployment) -> Iterable[Finding]:
    """Read what is known of the symbols with the greatest volume."""
    client: Any = deployment.boards.client
    follows_events = deployment.settings.market_clock == "events"
    shown = read_session(client).session
    seconds, _ = client.time()
    day = shown.day if follows_events and shown else session_of(seconds * 1000).day
    symbols = [symbol.decode() for symbol in client.zrevrange(BY_NAME["volume"].key, 0, MOST - 1)]
    stored = RedisReference(client).load(day, symbols) if symbols else []
    has_source = bool(client.exists(keys.REFERENCE_SOURCED))
    yield from judge_warming(Warmups(client).seconds_since(day), has_source, follows_events)
    yield judge_known([each.reference.previous.close for each in stored], has_source)


def judge_warming(ago: float, has_source: bool, follows_events: bool) -> Iterator[Finding]:
    """Judge the last warm-up.

    Args:
        ago: seconds since then; infinity: there was none for the day.
        has_source: whether a process has a source.
        follows_events: whether time is what bars say.
    """
    if not has_source:
        if follows_events:
            yield ok("no process has a source; feeds bring it")
        else:
            yield warning(
                "no process has a source of reference data: changes read 0 unless a feed brings the figures",
                "Set REFERENCE_FILE or MASSIVE_API_KEY for the clock workers.",
                Page.REFERENCE,
            )
    elif math.isinf(ago) or ago > PREVIOUS_DAY_TTL:
        yield warning("the market was not warmed for this day", _WARM, Page.REFERENCE)
    else:
        yield ok(f"the market was warmed {ago / 60:.0f} minutes ago")


def judge_known(closes: Sequence[float | None], has_source: bool) -> Finding:
    """Judge what is known of the symbols with the greatest volume.

    Args:
        closes: their previous closes; None: unknown.
        has_source: whether a process has a source.
    """
    if not closes:
        return ok("no symbol has traded yet")
    missing = closes.count(None)
    says = f"{missing} of the {len(closes)} symbols with the greatest volume have no previous close"
    if missing > MANY * len(closes):
        return wrong(f"{says}: gappers reads 0 for them", _WARM if has_source else _NO_SOURCE, Page.REFERENCE)
    if missing > SOME * len(closes):
        return warning(says, _WARM if has_source else _NO_SOURCE, Page.REFERENCE)
    return ok(says)


_WARM = "`python -m tasks warm`, where the source is set, such as in a clock worker's container."
_NO_SOURCE = "Set REFERENCE_FILE or MASSIVE_API_KEY for the clock workers, then `python -m tasks warm`."
