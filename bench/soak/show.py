"""A long run as tables and as one picture."""

from collections.abc import Iterator
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from bench.soak.findings import WARM_UP, Findings, quantile, thirds


def tables(findings: Findings) -> Iterator[Table]:
    yield _memory(findings)
    yield _keys(findings)
    yield _flow(findings)


def _memory(findings: Findings) -> Table:
    table = Table(title="Memory, MB", title_justify="left")
    table.add_column("")
    for column in ("after the warm-up", "at the end", "most", "growth"):
        table.add_column(column, justify="right")
    for name, sizes in findings.memory():
        warm = sizes[int(len(sizes) * WARM_UP)]
        cells = (warm, sizes[-1], max(sizes), findings.growth(sizes))
        table.add_row(name, *(f"{each:,.1f}" for each in cells))
    return table


def _keys(findings: Findings) -> Table:
    table = Table(title="Keys", title_justify="left")
    table.add_column("")
    for column in ("after the warm-up", "at the end"):
        table.add_column(column, justify="right")
    before, after = findings.keys()
    for family in sorted(before | after):
        table.add_row(family, f"{before.get(family, 0):,}", f"{after.get(family, 0):,}")
    return table


def _flow(findings: Findings) -> Table:
    table = Table(title="Publishing, and the lag of quotes at a client, ms", title_justify="left")
    table.add_column("")
    for column in ("p50", "p99", "max"):
        table.add_column(column, justify="right")
    for name, offsets in zip(("first third", "last third"), thirds(findings.offsets()), strict=True):
        cells = (quantile(offsets, 0.5), quantile(offsets, 0.99), max(offsets, default=0.0))
        table.add_row(f"snapshot after its second's beginning, {name}", *(f"{each * 1e3:,.0f}" for each in cells))
    for name, lags in zip(("first third", "last third"), thirds(findings.lags), strict=True):
        if lags:
            middle = quantile([each.p50 for each in lags], 0.5)
            late = quantile([each.p99 for each in lags], 0.5)
            cells = (middle, late, max(each.most for each in lags))
            table.add_row(f"quote after its bar's end, {name}", *(f"{each * 1e3:,.0f}" for each in cells))
    return table


def draw(findings: Findings, file: Path) -> None:
    """Write the picture as PNG."""
    figure = Figure(figsize=(14, 10), layout="constrained")
    lag, memory, redis, published = (figure.add_subplot(2, 2, n) for n in (1, 2, 3, 4))
    began = findings.lags[0].at if findings.lags else 0.0
    minutes = [(each.at - began) / 60 for each in findings.lags]
    for label, values in (
        ("p50", [each.p50 for each in findings.lags]),
        ("p99", [each.p99 for each in findings.lags]),
        ("max", [each.most for each in findings.lags]),
    ):
        lag.plot(minutes, [each * 1e3 for each in values], label=label, linewidth=1)
    lag.set_yscale("log")
    _label(lag, "Lag of quotes at a client of the gateway, windows of 5 s", "ms from a bar's end")
    times = [sample.at / 60 for sample in findings.samples]
    for name, sizes in findings.memory():
        if name not in ("Redis", "data in Redis"):
            memory.plot(times, sizes, label=name, linewidth=1)
    memory.set_ylim(bottom=0)
    _label(memory, "Memory of each process", "MB resident")
    redis.plot(times, [sample.memory["Redis"] for sample in findings.samples], label="resident", linewidth=1)
    redis.plot(times, [sample.redis for sample in findings.samples], label="data", linewidth=1)
    redis.plot(times, [sample.file for sample in findings.samples], label="append-only file", linewidth=1)
    redis.set_ylim(bottom=0)
    _label(redis, "Redis", "MB")
    first = findings.publications[0].at if findings.publications else 0.0
    at = [(each.at - first) / 60 for each in findings.publications]
    published.plot(at, [each * 1e3 for each in findings.offsets()], ".", markersize=2, label="snapshot")
    _label(published, "Snapshots", "ms after the beginning of their second")
    title = f"{findings.sent:,} bars at {findings.rate:,}/s over {findings.symbols:,} symbols, "
    told = findings.machine
    figure.suptitle(
        f"{title}{findings.clients} clients; {told['machine']}; {told['server']}; {told['date']}", fontsize=10
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def _label(panel: Axes, title: str, unit: str) -> None:
    panel.set_title(title)
    panel.set_xlabel("minutes")
    panel.set_ylabel(unit)
    panel.legend(fontsize=8)
    panel.grid(alpha=0.3)
