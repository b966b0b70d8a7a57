"""What tests of the commands stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config import settings as configuration


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of histories, which the settings name."""
    monkeypatch.setenv("HISTORY_DIR", str(tmp_path))
    configuration.settings.cache_clear()
    yield tmp_path
    configuration.settings.cache_clear()
