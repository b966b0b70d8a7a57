"""What the page has to know before anything is published: which boards there are, and what a row's fields are."""

from dataclasses import asdict
from typing import Any

from leaderboard.boards import BOARDS
from leaderboard.fields import FIELDS
from watch.field_display import display


def declarations() -> dict[str, Any]:
    """JSON as the page reads it (``watch/page/declarations.js``)."""
    return {
        "boards": [
            {
                "name": board.name,
                "title": board.title,
                "caption": board.caption,
                "feed": board.scanner,
                "field": board.field,
                "change_since": board.change_since,
            }
            for board in BOARDS
        ],
        "fields": [asdict(display(field.name)) | {"unit": field.unit} for field in FIELDS if field.is_number],
    }
