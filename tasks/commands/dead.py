"""``python -m tasks dead``: list, correct, resend and purge dead letters."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from redis.exceptions import ResponseError
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from config.control_characters import escape_controls, escape_controls_json
from config.settings import settings
from leaderboard.store.dead_letters import DeadLetter
from leaderboard.validation import validate
from tasks.app import clock, system
from tasks.bars import process_agg

commands = typer.Typer(help="List, resend or purge dead letters: events that were refused.", no_args_is_help=True)


@commands.command("list")
def list_letters(
    limit: Annotated[int, typer.Option(help="Show the newest this many.", min=1)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="All of them, one JSON object a line.")] = False,
) -> None:
    """Show the dead letters, oldest first."""
    if as_json:
        for letter in system().dead_letters:
            typer.echo(escape_controls_json(json.dumps(letter.__dict__)))
        return
    letters = list(system().dead_letters)
    # In a narrow terminal ids are folded, and not cut off.
    ids = (Column("id", overflow="fold"), Column("task", overflow="fold"))
    table = Table(ids[0], "refused (UTC)", "reason", "payload", ids[1], title=f"{len(letters)} dead letters")
    for letter in letters[-limit:]:
        refused = datetime.fromtimestamp(letter.time / 1000, UTC)
        cells = [_brief(each) for each in (letter.reason, letter.payload, letter.task)]
        table.add_row(letter.id, f"{refused:%Y-%m-%d %H:%M:%S}", *cells)
    Console().print(table)


@commands.command()
def resend(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids, as `list` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE, VALUE in JSON: corrects the event first.")
    ] = None,
) -> None:
    """Send letters again as events, and remove those that were sent.

    An event that would be refused again stays, and the exit code is 1.
    """
    if bool(ids) == everything:
        raise typer.BadParameter("name the letters by id, or say --all")
    corrections = dict(map(_change, changes or []))
    letters = list(system().dead_letters) if everything else [_letter(each) for each in ids or []]
    refused = 0
    for letter in letters:
        payload, reason = _correct(letter, corrections)
        if reason:
            refused += 1
            typer.echo(f"{letter.id} would be refused again: {escape_controls(reason)}", err=True)
            continue
        # Sent before it is removed. A crash in between sends it twice, but events are idempotent.
        process_agg.delay(payload)
        system().dead_letters.remove([letter.id])
    typer.echo(f"{len(letters) - refused} sent again, {refused} kept")
    raise typer.Exit(1 if refused else 0)


@commands.command()
def purge(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all letters."""
    if not yes:
        typer.confirm(f"Remove {len(system().dead_letters)} dead letters?", abort=True)
    typer.echo(f"{system().dead_letters.purge()} removed")


def _correct(letter: DeadLetter, changes: dict[str, Any]) -> tuple[Any, str | None]:
    """The event to send, and why it would be refused again; None if it would not."""
    payload = json.loads(letter.payload)
    if changes and isinstance(payload, dict):
        payload |= changes
    _, refused = validate([payload], clock().now(), allow_future=settings().market_clock == "events")
    return payload, refused[0].reason if refused else None


def _letter(letter: str) -> DeadLetter:
    try:
        found = system().dead_letters.get(letter)
    except ResponseError as error:
        raise typer.BadParameter(f"{letter!r} is not the id of a dead letter") from error
    if found is None:
        raise typer.BadParameter(f"there is no dead letter {letter}")
    return found


def _change(assignment: str) -> tuple[str, Any]:
    field, separator, value = assignment.partition("=")
    if not separator:
        raise typer.BadParameter(f"{assignment!r} is not FIELD=VALUE")
    try:
        return field, json.loads(value)
    except ValueError:
        # Not JSON: a text such as a symbol, which then needs no quotes within quotes.
        return field, value


def _brief(text: str) -> Text:
    # A Text: rich would read a str as markup, and the payload comes from outside.
    return Text(escape_controls(text if len(text) <= 200 else f"{text[:199]}\u2026"))
