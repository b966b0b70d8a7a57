"""The session that the boards show, against the one that it is."""

from collections.abc import Iterable
from typing import Any

from leaderboard.sessions import Session, session_of
from leaderboard.store.session_clock import Reading, read_session
from tasks.doctor.deployment import Deployment, Server
from tasks.doctor.finding import Finding, Page, ok, warning, wrong

#: Seconds that boards may show the session before: the schedule looks every quarter of a minute.
GRACE = 60.0


def check(deployment: Deployment, server: Server) -> Iterable[Finding]:
    """Read the session clock and the time of a server of the boards."""
    client: Any = server.client
    seconds, _ = client.time()
    follows_events = deployment.settings.market_clock == "events"
    return [judge(read_session(client), None if follows_events else seconds * 1000)]


def judge(shown: Reading, now: int | None) -> Finding:
    """Judge the session clock.

    Args:
        shown: what its key holds.
        now: Unix milliseconds by the boards' Redis; None if time is what the events say.
    """
    if shown.is_junk:
        return wrong(
            "the session clock holds no session, and no bar can be applied",
            "`python -m tasks session --to DAY PHASE` puts it right.",
            Page.SESSION_CLOCK,
        )
    if now is None:
        return ok(
            f"the boards show {shown.session or 'none yet'}; time is what the bars say (MARKET_CLOCK=events)"
        )
    return _compare(shown.session, session_of(now), now)


def _compare(shown: Session | None, present: Session, now: int) -> Finding:
    if shown == present:
        return ok(f"the boards show {present}, which it is")
    if shown is not None and shown > present:
        late = "every bar until then is late" if shown.day > present.day else "pre-market bars do not rank"
        return wrong(
            f"the boards are ahead: they show {shown}, and it is {present}; {late}",
            "Mend the clock of Redis, or the producer of such bars, first. Then "
            f"`python -m tasks session --to {present}` puts it right.",
            Page.SESSION_CLOCK,
        )
    says = f"the boards are behind: they show {shown or 'no session yet'}, and it is {present}"
    if now - present.start < GRACE * 1000 or shown is None:
        return warning(says, "A reset, or the session's first bar, rolls them within 15 s. Look again.")
    return wrong(
        says,
        "No reset has rolled them: start beat and a clock worker. The session's first bar rolls them too.",
        Page.SESSION_CLOCK,
    )
