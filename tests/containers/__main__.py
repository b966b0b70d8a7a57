"""``python -m tests.containers``: builds the image, runs docker-compose.yml and breaks what runs there."""

import sys
from typing import Annotated

import typer

from deploy.ending import end_as_by_ctrl_c
from tests.chaos.table import report
from tests.containers.engine import EngineError, NoEngineError, find_engine
from tests.containers.suite import build, run_all

program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@program.command()
def main(
    rate: Annotated[float, typer.Option(help="Bars a second that stream meanwhile.")] = 500,
    seconds: Annotated[float, typer.Option(help="For which a drill goes on, or a service is away.")] = 5,
) -> None:
    """Build the image, run docker-compose.yml beside whatever else runs here, and drill it."""
    try:
        engine = find_engine()
        print(f"{engine.program} answers; the image is built ...", flush=True)
        print(build(engine), flush=True)
    except (NoEngineError, EngineError) as error:
        sys.exit(str(error))
    raise typer.Exit(0 if report(run_all(engine, rate=rate, seconds=seconds)) else 1)


if __name__ == "__main__":
    end_as_by_ctrl_c()
    program()
