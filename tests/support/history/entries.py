"""Entries of the tape, made by hand."""

from collections.abc import Sequence

from leaderboard.event import Event
from leaderboard.sessions import session_of
from leaderboard.tape.bars import pack
from leaderboard.tape.entries import Bars, Digests, Figures, RestoredDay, Ticked, unpack
from leaderboard.validation import validate
from tests.support.market import bar


def events(*bars: tuple[str, str]) -> list[Event]:
    """Events of symbols at times of day, each with prices and volumes of :func:`tests.support.market.bar`."""
    valid, _ = validate([bar(symbol, clock) for symbol, clock in bars], now=0, texts=(), allow_future=True)
    return list(valid)


def batch(
    position: int,
    *bars: tuple[str, str],
    outcomes: str = "",
    references: dict[int, Figures] | None = None,
    days: dict[int, RestoredDay] | None = None,
) -> Bars:
    """A batch of bars at times of day, none of them conflated.

    Its revision is its position, and it was applied a second after the last bar's end.
    """
    made = events(*bars)
    last = made[-1].start_timestamp
    return Bars(
        position,
        position,
        session_of(last).number,
        last + 2000,
        [event.symbol for event in made],
        outcomes or "A" * len(made),
        references or {},
        unpack(pack(made)),
        days or {},
    )


def tick(after: Bars, boards: Sequence[str] = ()) -> list[Ticked | Digests]:
    """The two entries that a tick of the boards leaves behind a batch.

    Args:
        after: the batch.
        boards: names of the boards published.
    """
    about = after.revision, after.session, after.at
    slot = after.at // 1000
    digests = dict.fromkeys(boards, f"{slot:040x}")
    return [
        Ticked(after.position + 1, *about, slot, after.revision, after.at),
        Digests(after.position + 2, *about, slot, digests),
    ]
