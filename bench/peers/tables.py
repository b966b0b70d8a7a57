"""What was measured, as tables, and as figures for a file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from bench.peers.killing import Lost
from bench.peers.throughput import WORK, Measured


def speeds(task: str, measured: Measured, missing: Mapping[str, str]) -> Table:
    """A row for each library and way of sending, beside the fast lane's."""
    table = Table(title=f"{WORK[task]}: medians".capitalize(), title_justify="left")
    table.add_column("")
    for column in ("sent/s", "run/s", "CPU us: producer", "workers", "Redis", "all", "ratio"):
        table.add_column(column, justify="right")
    base = None
    for (peer, way), each in measured.of(task).items():
        base = base or each
        columns = (each.sent, each.run, each.producer, each.workers, each.redis, each.cpu)
        shown = (f"{column:,.0f}" for column in columns)
        table.add_row(f"{peer}, {way}", *shown, f"{each.cpu / base.cpu:.1f}")
    for peer, why in missing.items():
        table.add_row(f"{peer}: {why}")
    return table


def losses(lost: Sequence[Lost], measured: Measured, kills: int) -> Table:
    """A row for each library and setting."""
    table = Table(title=f"{kills} SIGKILLs of all workers, and memory", title_justify="left")
    table.add_column("")
    table.add_column("setting")
    for column in ("tasks", "lost", "last after s", "MB"):
        table.add_column(column, justify="right")
    for each in lost:
        memory = f"{measured.memory[each.peer.name] / 1e6:,.0f}"
        table.add_row(
            each.peer.name, each.setting, f"{each.sent:,}", f"{each.lost:,}", f"{each.seconds:.0f}", memory
        )
    return table


def figures(facts: Mapping[str, str], measured: Measured, lost: Sequence[Lost]) -> dict[str, Any]:
    """Every figure with its rounds, for JSON."""
    return {
        "machine": facts,
        "rounds": [
            {"task": task, "library": peer, "way": way, "rounds": [asdict(each) for each in rounds]}
            for (task, peer, way), rounds in measured.rounds.items()
        ],
        "memory": measured.memory,
        "lost": [
            {
                "library": each.peer.name,
                "setting": each.setting,
                "tasks": each.sent,
                "lost": each.lost,
                "seconds": each.seconds,
            }
            for each in lost
        ],
    }
