"""``python -m tests.drills``: each drill on a Redis of its own, ending with what was lost."""

from statistics import median
from typing import Annotated

import typer

from tests.drills import autoscale as scaling
from tests.drills import feed as feeding
from tests.drills import kill as killing
from tests.drills import reference as warming
from tests.drills import share as sharing
from tests.drills import stop as stopping
from tests.drills.grounds import Left

program = typer.Typer(help="Break something under load, and compare with the oracle.", no_args_is_help=True)


@program.command()
def kill(
    bars: Annotated[int, typer.Option(help="Bars in all.")] = 200_000,
    rate: Annotated[float, typer.Option(help="Bars a second.")] = 8_000,
    kills: Annotated[int, typer.Option(help="SIGKILLs.")] = 10,
    stock: Annotated[bool, typer.Option("--stock", help="Without the fast lane.")] = False,
) -> None:
    """Kill workers while bars stream."""
    done, left = killing.kill(fast=not stock, bars=bars, rate=rate, kills=kills)
    print(f"{bars:,} bars at {rate:,.0f}/s, {done.streaming} workers killed meanwhile and {done.after} afterwards")
    print(f"drained {done.seconds:.1f} s after the last bar")
    end(left)


@program.command()
def stop(
    bars: Annotated[int, typer.Option(help="Bars in all.")] = 400_000,
    rate: Annotated[float, typer.Option(help="Bars a second.")] = 4_000,
    times: Annotated[int, typer.Option(help="SIGTERMs.")] = 30,
) -> None:
    """Stop workers in the middle of their work."""
    stops, left = stopping.stop(bars=bars, rate=rate, times=times)
    seconds = [each.seconds for each in stops]
    print("seconds:", *(f"{each:.2f}" for each in seconds))
    print("unacked:", *(each.unacked for each in stops))
    print(f"{times} stops, {min(seconds):.2f} / {median(seconds):.2f} / {max(seconds):.2f} s")
    end(left)


@program.command()
def share(bars: Annotated[int, typer.Option(help="Bars in all.")] = 4_000) -> None:
    """Have a stock worker and a fast one share the queue of a stock client."""
    taken, left = sharing.share(bars=bars)
    print(f"{bars:,} bars from a stock client, taken by:", *(f"{name} {count:,}" for name, count in taken.items()))
    end(left)


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


@program.command()
def autoscale(
    bars: Annotated[int, typer.Option(help="Bars of the flood.")] = 200_000,
    workers: Annotated[int, typer.Option(help="How many there may be.")] = 3,
) -> None:
    """Have a flood come over one worker, and silence after it."""
    flood, left = scaling.autoscale(bars=bars, workers=workers)
    for seconds, said in flood.decisions:
        print(f"{seconds:6.1f} s  {said}")
    print(f"{bars:,} bars, {flood.peak} workers at most, all of them at work after {flood.ready:.1f} s")
    shrunk = "not shrunk" if flood.calm is None else f"one worker again {flood.calm:.0f} s later"
    print(f"drained {flood.drained:.1f} s after the first bar, {shrunk}")
    print(left)
    raise typer.Exit(0 if left.is_sound and flood.peak > 1 and flood.calm is not None else 1)


def end(left: Left) -> None:
    print(left)
    raise typer.Exit(0 if left.is_sound else 1)


program()
