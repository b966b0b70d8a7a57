"""What a row's template says of the figures that are unknown."""

import pytest

from leaderboard.reference import NOTHING_KNOWN, PreviousDay, Profile, Reference
from leaderboard.reference.template import RowTemplate

WHOLE = PreviousDay(1.0, 2.0, 0.5, 1.5, 100.0, 1.2)


@pytest.mark.parametrize(
    ("reference", "stand_ins"),
    [
        (Reference(WHOLE), ""),
        (Reference(PreviousDay(volume=100.0, vwap=1.2)), "1"),
        (Reference(PreviousDay(close=1.5, vwap=1.2)), "2"),
        (Reference(PreviousDay(close=1.5)), "6"),
        (Reference(profile=Profile(free_float=5e6)), "7"),
        (NOTHING_KNOWN, "0"),
    ],
)
def test_the_template_names_the_figures_that_an_event_stands_in_for(reference: Reference, stand_ins: str) -> None:
    # Given / When
    template = RowTemplate("A", reference)

    # Then: previous close, volume and vwap are 1, 2 and 4
    assert template.stand_ins == stand_ins
