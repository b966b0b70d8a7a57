"""A worker's part of a batch's entry of the tape."""

from collections.abc import Sequence

from leaderboard.conflation import Conflated, numbered
from leaderboard.event import Event
from leaderboard.scripts.packing import pack as pack_values
from leaderboard.tape.bars import pack

#: In place of an entry, where nobody is known to record: the entry has no bars.
NO_ENTRY = 0


def batch_entry(events: Sequence[Event], conflated: Sequence[Conflated | None] | None) -> list[int | str | bytes]:
    """How many bars a batch's entry has, and its fields, each before its value.

    The fields: ``e``, the symbols of the events, in lines; ``b``, the bars; ``d``, what rows that were read back
    say of their day, where there are such.

    Args:
        events: of the batch, at least one.
        conflated: for each, what was conflated into it; None: rows are refreshed, which brings no bars.
    """
    symbols = "\n".join([event.symbol for event in events])
    if conflated is None:
        return [len(events), "e", symbols]
    if not any(conflated):
        return [len(events), "e", symbols, "b", pack(events)]
    groups = [what.bars if what and what.bars else (event,) for event, what in zip(events, conflated, strict=True)]
    bars = [bar for group in groups for bar in group]
    indices = [n for n, group in enumerate(groups) for _ in group]
    entry: list[int | str | bytes] = [len(bars), "e", symbols, "b", pack(bars, indices)]
    if restored := numbered([what if what and not what.bars else None for what in conflated]):
        entry += ["d", pack_values(restored)]
    return entry
