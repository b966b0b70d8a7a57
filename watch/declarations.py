"""What the page has to know before anything is published: boards, fields of a row, and if there is history."""

from dataclasses import asdict
from typing import Any

from leaderboard.boards import BOARDS
from leaderboard.fields import FIELDS, WINDOWS
from watch.field_display import display


def declarations(*, has_history: bool) -> dict[str, Any]:
    """JSON as the page reads it (``watch/page/declarations.js``).

    Args:
        has_history: whether this gateway knows what is recorded.
    """
    return {
        "boards": [
            {
                "name": board.name,
                "title": board.title,
                "caption": board.caption,
                "feed": board.scanner,
                "field": board.field,
                "order": board.order,
                "conditions": [],
                "hours": [],
                "change_since": board.change_since,
            }
            for board in BOARDS
        ],
        "fields": [_field(field.name) for field in FIELDS if field.is_number],
        "windows": [_field(window.name) | {"seconds": window.seconds} for window in WINDOWS],
        "has_history": has_history,
    }


def _field(name: str) -> dict[str, Any]:
    shown = display(name)
    return asdict(shown) | {"unit": shown.unit}
