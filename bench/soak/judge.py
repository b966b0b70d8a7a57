"""``python -m bench.soak.judge FILE``: the figures of a finished run, judged again."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.soak.findings import Findings


def main(file: Annotated[Path, typer.Argument(help="What --json named.")] = Path(".run/soak.json")) -> None:
    """Tell what was not as it should be: then the exit code is 1."""
    try:
        faults = msgspec.json.decode(file.read_bytes(), type=Findings).faults()
    except (OSError, msgspec.MsgspecError) as error:
        raise typer.BadParameter(f"no figures of a run: {error}") from error
    for fault in faults:
        print(f"NOT SOUND: {fault}")
    raise typer.Exit(1 if faults else 0)


if __name__ == "__main__":
    typer.run(main)
