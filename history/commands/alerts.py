"""``python -m history alerts``: what rules would have fired on a recorded day."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from config.control_characters import escape_controls
from config.settings import SHIPPED_ALERTS, settings
from history import options
from history.errors import HistoryError, NothingRecordedError
from history.queries.alerts import PastAlerts
from history.recorded_days import recorded_day
from leaderboard.alerts.alert import Alert
from leaderboard.alerts.alerts_file import load
from leaderboard.declared.tables import DeclarationError
from leaderboard.sessions import NEW_YORK


def alerts(
    rules: Annotated[
        Path | None, typer.Option(help="TOML file of rules; else that of ALERTS_FILE, or the shipped one.")
    ] = None,
    day: Annotated[
        date | None,
        typer.Option(parser=options.day, metavar="DAY", help="YYYY-MM-DD; else the last recorded day."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each alert as JSON, a line each.")] = False,
) -> None:
    """Print the alerts that rules fire over a recorded day: the same that they have fired, or would have fired."""
    try:
        declared = load(rules or settings().alerts_file or SHIPPED_ALERTS)
    except DeclarationError as error:
        raise HistoryError(str(error)) from None
    recorded = recorded_day(day)
    past, count = PastAlerts(recorded, declared), 0
    if not past.ticks:
        raise NothingRecordedError(f"Nothing of {recorded.date} is recorded over which rules can be evaluated.")
    progress = Progress(console=Console(stderr=True), transient=True)
    with progress:
        task = progress.add_task(f"{recorded.date}", total=past.ticks)
        for fired in past.each_tick():
            progress.advance(task)
            for alert in fired:
                sys.stdout.write((alert.json().decode() if as_json else _line(alert)) + "\n")
            count += len(fired)
    unknown = f" {past.unknown:,} seconds are not known: see the gaps." if past.unknown else ""
    missing = f" No such screen was published: {', '.join(past.missing)}." if past.missing else ""
    progress.console.print(f"{count:,} alerts in {past.ticks:,} seconds.{unknown}{missing}", highlight=False)


def _line(alert: Alert) -> str:
    time = datetime.fromtimestamp(alert.at / 1000, NEW_YORK)
    return escape_controls(f"{time:%H:%M:%S}  {alert.rule}  {alert.text}")
