"""The figures as one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report import Figures, Spread
from bench.results import Results

_COLOURS = ("#3b6ea8", "#e08a3c", "#5a9c5a", "#b34a4a")


def draw(results: Results, file: Path) -> None:
    """Write it as PNG. Bars and points are medians, whiskers reach from the least round to the greatest."""
    figure = Figure(figsize=(14, 10), layout="constrained")
    grid = figure.add_gridspec(2, 4)
    through = results.throughput
    lanes = figure.add_subplot(grid[0, :2])
    _bars(lanes, "End to end, bars/s", {"backlog": through.backlog, "sustained": through.sustained})
    lanes.legend()
    sending = figure.add_subplot(grid[0, 2:])
    _bars(sending, "Sending, calls/s of one process", {"": results.sending.rates})
    sending.set_yscale("log")
    loads = list(results.latency.rates.values())
    _lines(figure.add_subplot(grid[1, :2]), loads, results.latency.percentiles)
    # On one scale the fast lane's would not be seen.
    stock = figure.add_subplot(grid[1, 2])
    _stack(stock, "CPU per bar, stock, us", "stock", through.cpu)
    stock.legend(loc="upper center", fontsize=8)
    _stack(figure.add_subplot(grid[1, 3]), "CPU per bar, fast, us", "fast", through.cpu)
    told = results.machine
    versions = f"{told['server']}, Python {told['python']}, Celery {told['celery']}"
    figure.suptitle(f"{told['machine']}; {versions}; {told['date']}", fontsize=10)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def _bars(panel: Axes, title: str, series: Mapping[str, Figures]) -> None:
    width = 0.8 / len(series)
    for n, (label, figures) in enumerate(series.items()):
        spreads = [spread for _, spread in figures]
        left = (n - (len(series) - 1) / 2) * width
        heights = [spread.middle for spread in spreads]
        drawn = panel.bar(
            [at + left for at in range(len(spreads))],
            heights,
            width,
            yerr=_whiskers(spreads),
            capsize=3,
            color=_COLOURS[n],
            label=label,
        )
        panel.bar_label(drawn, [f"{each:,.0f}" for each in heights], padding=3, fontsize=8)
        panel.set_xticks(range(len(spreads)), [_broken(name) for name, _ in figures])
    panel.margins(y=0.1)
    panel.set_title(title)


def _lines(panel: Axes, rates: Sequence[float], percentiles: Mapping[str, Figures]) -> None:
    for n, (label, figures) in enumerate(percentiles.items()):
        spreads = [spread for _, spread in figures]
        heights = [spread.middle for spread in spreads]
        panel.errorbar(rates, heights, _whiskers(spreads), marker="o", capsize=3, color=_COLOURS[n], label=label)
        panel.set_xticks(rates, [_broken(name) for name, _ in figures])
    panel.set_ylim(bottom=0)
    panel.set_title("Latency from delay_many to the quote, ms")
    panel.legend()


def _stack(panel: Axes, title: str, lane: str, parts: Mapping[str, Figures]) -> None:
    floor: dict[str, float] = {}
    for n, (label, figures) in enumerate(parts.items()):
        heights = {name: spread.middle for name, spread in figures if name.startswith(lane)}
        bottom = [floor.get(name, 0.0) for name in heights]
        panel.bar(range(len(heights)), list(heights.values()), 0.6, bottom, color=_COLOURS[n], label=label)
        floor = {name: floor.get(name, 0.0) + height for name, height in heights.items()}
    for at, height in enumerate(floor.values()):
        panel.annotate(f"{height:,.0f}", (at, height), ha="center", va="bottom", fontsize=8)
    panel.set_xticks(range(len(floor)), [_broken(name) for name in floor])
    # Room above the bars for their totals and the legend.
    panel.set_ylim(0, 1.4 * max(floor.values()))
    panel.set_title(title)


def _whiskers(spreads: Sequence[Spread]) -> list[list[float]]:
    return [[each.middle - each.least for each in spreads], [each.most - each.middle for each in spreads]]


def _broken(name: str) -> str:
    return name.replace(", ", ",\n")
