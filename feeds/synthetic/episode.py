"""Runs and halts of single symbols within the day."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

#: Seconds that a halt lasts.
HALT = 300


@dataclass(frozen=True)
class Episode:
    """A time in which a symbol behaves in an unusual way.

    Attributes:
        seconds: how long.
        drift: change of the price's logarithm per second.
        pace: how many times as often as usual it trades; 0: it is halted.
        surge: how many times the usual volume its bars have.
        jump: change of the price's logarithm at the beginning.
    """

    seconds: int
    drift: float = 0.0
    pace: float = 1.0
    surge: float = 1.0
    jump: float = 0.0


USUAL = Episode(0)


def run(random: Random) -> Iterator[Episode]:
    """A run: the price moves one way for minutes at high volume, may be halted, then partly reverses."""
    move = min(random.lognormvariate(math.log(0.15), 0.7), 1.0)
    if random.random() < 0.25:
        move = -0.6 * move
    seconds = random.randint(120, 900)
    surge = random.uniform(3, 8)
    yield Episode(seconds, move / seconds, pace=30, surge=surge)
    if random.random() < 0.2:
        yield Episode(HALT, pace=0)
        again = seconds // 2
        jump = random.gauss(move / 4, 0.06)
        yield Episode(again, random.uniform(-0.4, 0.4) * move / again, pace=40, surge=surge, jump=jump)
    fade = 2 * seconds
    yield Episode(fade, -random.uniform(0.2, 0.7) * move / fade, pace=8, surge=1.5)


def halt(random: Random) -> Iterator[Episode]:
    """A halt for news: no bars, then a jump and heavy trading."""
    yield Episode(HALT, pace=0)
    yield Episode(180, pace=20, surge=3, jump=random.choice((-1, 1)) * random.uniform(0.04, 0.25))
