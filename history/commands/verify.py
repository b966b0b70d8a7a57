"""``python -m history verify``: proves what was published on a recorded day."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from history import options
from history.errors import NothingRecordedError
from history.queries.boards_at import clock
from history.recorded_days import recorded_day
from history.verification.verdict import Verdict
from history.verification.verify import plan_of
from history.verification.verify import verify as verify_plan
from leaderboard.sessions import NEW_YORK

_TIME = "HH:MM[:SS] in New York"


def verify(
    day: Annotated[date, typer.Argument(parser=options.day, metavar="DAY", help="YYYY-MM-DD.")],
    since: Annotated[
        time | None, typer.Option("--from", parser=options.time_of_day, metavar="TIME", help=f"{_TIME}; else all.")
    ] = None,
    until: Annotated[
        time | None, typer.Option("--to", parser=options.time_of_day, metavar="TIME", help=f"{_TIME}; else all.")
    ] = None,
) -> None:
    """Compute each tick of a recorded day from its bars anew, and compare it with what was published.

    The states stored on the way are compared too. The exit code is 1 if anything differs.
    """
    recorded = recorded_day(day)
    plan = plan_of(recorded, _between(since, until))
    console = Console(highlight=False, soft_wrap=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task(f"{day}", total=plan.ticks)
        verdicts = verify_plan(recorded, plan, lambda ticks: progress.advance(task, ticks))
    for name, verdict in (("Boards", verdicts.boards), ("Screens", verdicts.screens)):
        console.print(f"{name}: {_sentence(verdict)}")
    states = verdicts.states
    console.print(f"Stored states: checked {states.checked:,}, differing {len(states.differing):,}.")
    if not verdicts.boards.checked and not verdicts.screens.checked:
        raise NothingRecordedError(f"Nothing of {day} could be checked.")
    found = [verdict.first for verdict in (verdicts.boards, verdicts.screens) if verdict.first]
    if first := min(found, key=lambda difference: difference.published_at, default=None):
        console.print(f"The first that differs: {first.name}, published {clock(first.published_at)}.")
    if states.differing:
        console.print(f"The first state that differs: that of position {min(states.differing)}.")
    if first or states.differing:
        raise typer.Exit(1)


def _between(since: time | None, until: time | None) -> Callable[[int], bool]:
    def wanted(timestamp: int) -> bool:
        local = datetime.fromtimestamp(timestamp / 1000, NEW_YORK).time()
        return (since is None or since <= local) and (until is None or local < until)

    return wanted


def _sentence(verdict: Verdict) -> str:
    return (
        f"seconds checked {verdict.checked:,}, differing {verdict.differing:,}; "
        f"without a digest {verdict.undigested:,}, in gaps {verdict.unknown:,}."
    )
