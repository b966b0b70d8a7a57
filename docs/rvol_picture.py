"""``python -m docs.rvol_picture`` draws the picture of the page on relative volume: ``docs/rvol.svg``."""

from itertools import accumulate
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from feeds.synthetic.activity import rate_share
from leaderboard.reference import VolumeProfile
from leaderboard.reference.volume_profile import STEP, TIMES

FILE = Path(__file__).parent / "rvol.svg"

#: Shares of an average day. A profile's last mean need not be the same, but here it is.
AVG_VOLUME = 2_000_000
#: Hours of the day: the open, news that the day brings, and the moment that the picture explains.
OPEN, NEWS, NOW = 9.5, 9.75, 10.5
#: How much more than usual is traded from the start, and from the news on.
BUSY, BUSIER = 1.5, 5.0

_GREY, _BLUE, _RED = "#8a8f98", "#3b6ea8", "#b34a4a"
_HOURS = [4 + n * STEP / 3_600_000 for n in range(TIMES)]


def usual() -> list[float]:
    """Shares traded by each time of a profile on a usual day."""
    # Half of a step before each time: what is traded between it and the one before.
    shares = [rate_share((hour - OPEN) * 3600 - STEP / 2000) for hour in _HOURS[1:]]
    return [AVG_VOLUME * total / sum(shares) for total in accumulate(shares, initial=0.0)]


def today() -> list[float]:
    """The same of a day with news, until now."""
    means = usual()
    times = [(BUSY if hour < NEWS else BUSIER) * (means[n] - means[n - 1]) for n, hour in enumerate(_HOURS) if n]
    return [total for total, hour in zip(accumulate(times, initial=0.0), _HOURS, strict=True) if hour <= NOW]


def draw() -> Figure:
    """The usual day, today, and both ratios at one moment."""
    figure = Figure(figsize=(8.6, 4.4), layout="constrained")
    panel = figure.add_subplot()
    means, so_far = usual(), today()
    expected = VolumeProfile.of(means, 30).expected((NOW - 4) * 3_600_000)
    panel.plot(
        _HOURS, [mean / 1e6 for mean in means], "--", color=_GREY, label="profile: usual volume by this time"
    )
    panel.plot(_HOURS[: len(so_far)], [total / 1e6 for total in so_far], color=_BLUE, lw=2, label="today")
    panel.axhline(AVG_VOLUME / 1e6, color=_GREY, lw=0.8, ls=":", label="avg_volume: a whole average day")
    _mark(panel, so_far[-1], expected)
    panel.set_xlim(4, 20)
    panel.set_ylim(0, 1.12 * AVG_VOLUME / 1e6)
    panel.set_xticks(range(4, 21, 2), [f"{hour:02}:00" for hour in range(4, 21, 2)])
    panel.set_xlabel("time in New York")
    panel.set_ylabel("accumulated volume, million shares")
    panel.legend(loc="lower right", fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)
    return figure


def _mark(panel: Axes, volume: float, expected: float) -> None:
    """Say at the moment what was traded, what is usual, and the ratios."""
    panel.vlines(NOW, expected / 1e6, volume / 1e6, color=_RED, lw=1)
    panel.plot([NOW, NOW], [expected / 1e6, volume / 1e6], "o", color=_RED, ms=5)
    texts = {
        volume: f"at 10:30: {volume / 1e6:.2f} million\n"
        f"rvol = {volume / 1e6:.2f} / {expected / 1e6:.2f} = {volume / expected:.1f}\n"
        f"relative_volume = {volume / 1e6:.2f} / {AVG_VOLUME / 1e6:.2f} = {volume / AVG_VOLUME:.2f}",
        expected: f"usual by 10:30: {expected / 1e6:.2f} million",
    }
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    for height, text in texts.items():
        at = NOW, height / 1e6
        panel.annotate(text, at, (8, -4), textcoords="offset points", va="center", fontsize=9, bbox=paper)


def main() -> None:
    """Write the picture; the same code gives the same bytes."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "rvol", "font.family": "sans-serif"}):
        draw().savefig(FILE, metadata={"Date": None})


if __name__ == "__main__":
    main()
