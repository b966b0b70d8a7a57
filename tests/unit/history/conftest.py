"""Commands on a recorded day."""

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from config.settings import settings
from history.__main__ import app
from tests.support.made_day import MadeDay


@pytest.fixture
def run(day: MadeDay, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Runs a command of history on the day that a module's fixture has made."""
    monkeypatch.setenv("HISTORY_DIR", str(day.history))
    settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(app, arguments)
    settings.cache_clear()
