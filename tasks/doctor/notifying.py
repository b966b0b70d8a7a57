"""Whether alerts reach the services of ALERT_URLS."""

from collections.abc import Iterable, Iterator
from typing import Any

from leaderboard.alerts.notifier_report import NotifierReport
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, warning, wrong

#: Seconds after which a notifier that was not seen counts as stopped, and for which an alert may wait.
LONG = 60.0


def check(deployment: Deployment) -> Iterable[Finding]:
    """Read what the notifier says of itself."""
    client: Any = deployment.boards.client
    seconds, microseconds = client.time()
    return judge(NotifierReport.read(client), seconds + microseconds / 1e6)


def judge(report: NotifierReport | None, now: float) -> Iterator[Finding]:
    """Judge the notifier.

    Args:
        report: of the notifier that sent last; None: there was none in the last day.
        now: by the boards' Redis, Unix seconds.
    """
    if report is None:
        yield ok("no notifier runs, so alerts are sent nowhere")
        return
    if (unseen := now - report.seen_at / 1000) > LONG:
        yield wrong(
            f"the notifier on {report.host} was last seen {unseen:.0f} s ago: alerts wait",
            "Start it: `python -m watch notify`. What is older than ALERT_MAX_AGE then is not sent.",
            Page.NOTIFIER,
        )
    elif report.failure:
        judged = wrong if report.age > LONG else warning
        yield judged(
            f"the notifier on {report.host} cannot send alerts to {report.failure}; "
            f"the oldest has waited {report.age} s",
            "It keeps trying. If the service is well, look at its URL in ALERT_URLS.",
            Page.NOTIFIER,
        )
    else:
        services = "one service" if report.targets == 1 else f"{report.targets} services"
        yield ok(f"alerts are sent to {services}, by {report.host}")
