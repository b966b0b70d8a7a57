"""``python -m bench.soak.judge FILE``: judge the figures of a finished run again."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.soak.findings import Findings


def main(file: Annotated[Path, typer.Argument(help="What --json named.")] = Path(".run/soak.json")) -> None:
    """Print what went wrong. The exit code is 1 if anything did."""
    try:
        faults = msgspec.json.decode(file.read_bytes(), type=Findings).faults()
    except (OSError, msgspec.MsgspecError) as error:
        raise typer.BadParameter(f"not the figures of a run: {error}") from error
    for fault in faults:
        print(f"NOT SOUND: {fault}")
    raise typer.Exit(1 if faults else 0)


if __name__ == "__main__":
    typer.run(main)
