"""``python -m tests.chaos``: each drill on a Redis of its own, ending with what was lost."""

from typing import Annotated

import typer

from deploy.ending import end_as_by_ctrl_c
from tests.chaos.drills import feed as feeding
from tests.chaos.drills import reference as warming
from tests.chaos.drills import share as sharing
from tests.chaos.drills.siege import siege
from tests.chaos.table import DRILLS, report, run_all
from tests.chaos.verdict import Verdict


def end(verdict: Verdict) -> None:
    """Say what the drill found."""
    print(verdict)
    raise typer.Exit(0 if verdict.is_sound else 1)


program = typer.Typer(
    help="Break something under load, and compare with the oracle.", no_args_is_help=True, result_callback=end
)


@program.command("all")
def all_() -> None:
    """Run each drill that ends with a verdict, at full scale, and print the table of them."""
    raise typer.Exit(0 if report(run_all()) else 1)


for name, drill in DRILLS.items():
    program.command(name)(drill)
# It takes as long as all others together, which is why "all" leaves it out.
program.command()(siege)


@program.command()
def share(bars: Annotated[int, typer.Option(help="Bars in all.")] = 4_000) -> None:
    """Have a stock worker and a fast one share the queue of a stock client."""
    taken, reconciliation = sharing.share(bars=bars)
    print(f"{bars:,} bars from a stock client, taken by:", *(f"{name} {count:,}" for name, count in taken.items()))
    print(reconciliation)
    raise typer.Exit(0 if reconciliation.is_sound else 1)


@program.command()
def reference(
    symbols: Annotated[int, typer.Option(help="Symbols of the market.")] = 11_000,
    delay: Annotated[float, typer.Option(help="Seconds that the server takes for an answer.")] = 0.08,
) -> None:
    """Warm a market's reference data from a server that fails now and then."""
    warmings = warming.reference(symbols=symbols, delay=delay)
    for each in warmings:
        print(each)
    raise typer.Exit(0 if warming.is_sound(warmings, symbols) else 1)


@program.command()
def feed(
    rate: Annotated[list[int] | None, typer.Option(help="Bars a second; can be repeated.")] = None,
    seconds: Annotated[int, typer.Option(help="For which each rate is offered.")] = 20,
    frame: Annotated[int, typer.Option(help="Bars in a frame.")] = 500,
    workers: Annotated[int, typer.Option(help="How many take the bars out of the queue.")] = 0,
) -> None:
    """Offer the live feed more and more bars, and see from where on it falls behind."""
    rates = rate or [2_000, 5_000, 10_000, 20_000, 40_000]
    sound = True
    for load in feeding.feed(rates=rates, seconds=seconds, frame=frame, workers=workers):
        print(load, flush=True)
        sound &= load.is_sound
    raise typer.Exit(0 if sound else 1)


if __name__ == "__main__":
    end_as_by_ctrl_c()
    program()
