"""Nothing that is unknown is shown as zero."""

import pytest

from watch.field_display import display
from watch.terminal.field_text import field_text
from watch.terminal.row import Row

OF_PREVIOUS_DAY = ("change", "pct_change", "prev_day_close", "prev_day_volume")
#: A bar, whose own figures stand in for those of the previous day.
STANDING_IN = {"close": 3.15, "prev_day_close": 3.15, "prev_day_volume": 500.0, "change": 0.0, "pct_change": 0.0}


@pytest.mark.parametrize("name", OF_PREVIOUS_DAY)
def test_without_the_previous_day_its_figures_are_unknown(name: str) -> None:
    # Given rows of a symbol without reference data, with some, and with all that did not move
    unknown = Row(1, "NEW", STANDING_IN | {"prev_day_low": 0.0})
    moved = Row(1, "AAPL", STANDING_IN | {"prev_day_close": 3.0, "change": 0.15, "pct_change": 5.0})
    unmoved = Row(1, "MSFT", STANDING_IN | {"prev_day_low": 3.1})

    # Then only the first one's are
    texts = [field_text(row, display(name)) for row in (unknown, moved, unmoved)]
    assert texts[0] == "-"
    assert "-" not in texts[1:]
