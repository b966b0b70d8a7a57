"""The docs' page of settings is the one that the settings themselves give."""

import pytest

from config.settings import Group, Settings
from docs import settings_page


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_one_row_with_a_sentence(name: str) -> None:
    (row,) = (line for line in settings_page.markdown().splitlines() if line.startswith(f"| `{name.upper()}` |"))
    # Given are the variable, its values, its default and its meaning.
    assert row.count("|") == 5
    assert row.removesuffix(" |").endswith(".")


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("BOARD_SIZE", "| whole number of rows, 1 to 1,000 | `500` |"),
        ("PUBLISH_INTERVAL", "| number of seconds, 0.1 to 60 | `1` |"),
        ("FAST_LANE", "| `1` or `0` | `1` |"),
        ("LOG_FORMAT", "| `json` or `text` | `json` |"),
        ("REDIS_URL", "| URL | `redis://127.0.0.1:6379/0` |"),
        ("MARKET_CLOSURES", "| list of dates | unset |"),
        ("GATEWAY_API_KEY", "| secret | unset |"),
        ("REFERENCE_FILE", "| path | unset |"),
    ],
)
def test_a_row_shows_type_unit_bounds_and_default(name: str, cells: str) -> None:
    assert f"| `{name}` {cells}" in settings_page.markdown()


def test_every_group_has_settings() -> None:
    for section in settings_page.markdown().split("\n## ")[1:]:
        assert section.count("\n| `") >= 1, section.partition("\n")[0]
    assert settings_page.markdown().count("\n## ") == len(Group) + len(["read by others"])
