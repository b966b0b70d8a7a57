"""The figures as one picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report import Figures
from bench.results import Results

_COLOURS = ("#3b6ea8", "#e08a3c", "#5a9c5a", "#b34a4a")


def draw(results: Results, file: Path) -> None:
    """Write it as PNG. Bars and points are medians, whiskers reach from the least round to the greatest."""
    figure = Figure(figsize=(14, 10), layout="constrained")
    panels = figure.subplots(2, 2)
    through = results.throughput
    _bars(panels[0, 0], "End to end, bars/s", {"backlog": through.backlog, "sustained": through.sustained})
    _bars(panels[0, 1], "Sending, calls/s", {"one process": results.sending.rates})
    panels[0, 1].set_yscale("log")
    _lines(panels[1, 0], list(results.latency.rates.values()), results.latency.figures())
    _stack(panels[1, 1], list(through.cpu.values()))
    told = results.machine
    about = (
        f"{told['machine']}; {told['server']}, Python {told['python']}, Celery {told['celery']}; {told['date']}"
    )
    figure.suptitle(about, fontsize=10)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def _bars(panel: Axes, title: str, series: dict[str, Figures]) -> None:
    width = 0.8 / len(series)
    for n, (label, figures) in enumerate(series.items()):
        spreads = [spread for _, spread in figures]
        places = [at + (n - (len(series) - 1) / 2) * width for at in range(len(spreads))]
        heights = [spread.middle for spread in spreads]
        below = [spread.middle - spread.least for spread in spreads]
        above = [spread.most - spread.middle for spread in spreads]
        drawn = panel.bar(places, heights, width, yerr=[below, above], capsize=3, color=_COLOURS[n], label=label)
        panel.bar_label(drawn, [f"{each:,.0f}" for each in heights], padding=3, fontsize=8)
    panel.set_title(title)
    panel.set_xticks(range(len(spreads)), [_broken(name) for name, _ in figures])
    panel.legend()


def _lines(panel: Axes, rates: Sequence[float], percentiles: Sequence[Figures]) -> None:
    for n, (label, figures) in enumerate(zip(("p50", "p99", "max"), percentiles, strict=True)):
        spreads = [spread for _, spread in figures]
        below = [spread.middle - spread.least for spread in spreads]
        above = [spread.most - spread.middle for spread in spreads]
        heights = [spread.middle for spread in spreads]
        panel.errorbar(rates, heights, [below, above], marker="o", capsize=3, color=_COLOURS[n], label=label)
    panel.set_title("Latency from delay_many to the quote, ms, by bars/s")
    panel.set_xticks(rates, [_broken(name) for name, _ in percentiles[0]])
    panel.set_ylim(bottom=0)
    panel.legend()


def _stack(panel: Axes, parts: Sequence[Figures]) -> None:
    names = [name for name, _ in parts[0]]
    floor = [0.0] * len(names)
    for n, figures in enumerate(parts):
        heights = [spread.middle for _, spread in figures]
        panel.bar(names, heights, 0.6, floor, color=_COLOURS[n], label=figures.title.partition(": CPU of ")[2])
        floor = [base + height for base, height in zip(floor, heights, strict=True)]
    for at, height in enumerate(floor):
        panel.annotate(f"{height:,.0f}", (at, height), ha="center", va="bottom", fontsize=8)
    panel.set_title("CPU, us per bar, sustained")
    panel.set_xticks(range(len(names)), [_broken(name) for name in names])
    panel.legend()


def _broken(name: str) -> str:
    return name.replace(", ", ",\n", 1)
