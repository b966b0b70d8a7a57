"""The command ``doctor``."""

import logging
import os
import time
from typing import Annotated

import typer
from rich.console import Console

from config.settings import settings
from config.validators import http_url
from tasks.doctor import report
from tasks.doctor.deployment import Deployment
from tasks.doctor.examination import examine
from tasks.doctor.table import checks_of, reach_of


def _checked(gateway: str | None) -> str | None:
    try:
        return http_url(gateway) if gateway else None
    except ValueError:
        # The error's own words may show a password.
        raise typer.BadParameter("a gateway is like http://HOST:8000, without user and password") from None


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    gateway: Annotated[
        str | None,
        typer.Option(
            metavar="URL", callback=_checked, help="The gateway; else the one of this machine is looked for."
        ),
    ] = None,
) -> None:
    """Look at every part of the deployment, and say what is wrong and what to do.

    Run it with the settings of a clock worker. It takes some seconds, ten at most, and changes nothing. The exit
    code is 1 if anything is wrong; warnings, and what this process may not ask, do not count.
    """
    # Libraries' warnings say again what the findings say.
    logging.disable(logging.WARNING)
    began = time.monotonic()
    deployment = Deployment(settings(), os.environ, gateway)
    results = examine(deployment, reach_of(deployment), checks_of(deployment))
    seconds = time.monotonic() - began
    if as_json:
        typer.echo(report.as_json(results, seconds))
    else:
        report.write(Console(highlight=False), results, seconds)
    raise typer.Exit(0 if report.is_sound(results) else 1)
