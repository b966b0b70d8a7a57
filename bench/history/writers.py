"""``python -m bench.history.writers``: DuckDB, pyarrow and polars as writers of the archive.

Each writes the same bars, in a process of its own with one thread: as parts of a few seconds, as a recorder
flushes them, then all parts as one file, sorted by symbol and start. pyarrow and polars are no dependencies:
``pip install pyarrow polars``; what is not installed is left out.
"""

import importlib.util
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.child import Child
from bench.history.market import columns
from bench.history.writing import WRITERS, Cost, Order
from deploy.ending import end_as_by_ctrl_c


def main(
    symbols: Annotated[int, typer.Option(help="Symbols of the market.", min=1)] = 11_000,
    rate: Annotated[int, typer.Option(help="Bars a second, in the mean of a day.", min=1)] = 3_000,
    seconds: Annotated[int, typer.Option(help="Seconds of the market after its open.", min=1)] = 300,
) -> None:
    """Compare the writers on the bars of a market's open."""
    console = Console(highlight=False, width=100)
    installed = [name for name in WRITERS if importlib.util.find_spec(name)]
    with tempfile.TemporaryDirectory() as folder:
        bars = Path(folder) / "bars.pickle"
        bars.write_bytes(pickle.dumps(columns(symbols, rate, seconds)))
        costs = {name: _cost(Order(name, str(bars), f"{folder}/{name}")) for name in installed}
    console.print(_table(costs))
    if missing := WRITERS.keys() - costs.keys():
        console.print(f"Not installed: {', '.join(sorted(missing))}.")


def _cost(order: Order) -> Cost:
    with Child("bench.history.writing", order, POLARS_MAX_THREADS="1") as child:
        child.go()
        return child.result(Cost)


def _table(costs: dict[str, Cost]) -> Table:
    title = f"{max(cost.bars for cost in costs.values()):,} bars"
    table = Table("", title=title, title_justify="left")
    for name in costs:
        table.add_column(name, justify="right")
    rows: dict[str, Callable[[Cost], str]] = {
        "start, s of CPU": lambda cost: f"{cost.start:.2f}",
        "parts, us of CPU a bar": lambda cost: f"{cost.part:.2f}",
        "parts, bytes a bar": lambda cost: f"{cost.part_bytes:.1f}",
        "parts, MB of memory": lambda cost: f"{cost.part_memory:.0f}",
        "one file, us of CPU a bar": lambda cost: f"{cost.merge:.2f}",
        "one file, bytes a bar": lambda cost: f"{cost.merge_bytes:.1f}",
        "one file, MB of memory": lambda cost: f"{cost.memory:.0f}",
    }
    for title, text in rows.items():
        table.add_row(title, *map(text, costs.values()))
    return table


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
