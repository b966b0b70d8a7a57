"""The copy that is kept while requests come."""

import asyncio
from contextlib import suppress

import pytest

from watch.gateway import shared_refresh
from watch.gateway.shared_refresh import SharedRefresh
from watch.gateway.supervisor import Supervisor


class _Copy:
    """Counts what is done to a copy."""

    def __init__(self, warm: float) -> None:
        self.refreshed = self.dropped = 0
        self.shared = SharedRefresh("a copy", Supervisor(), self._refresh, self._drop, warm=warm)

    async def _refresh(self) -> None:
        self.refreshed += 1

    def _drop(self) -> None:
        self.dropped += 1


@pytest.mark.parametrize(("warm", "dropped"), [(0, 1), (60, 0)])
def test_a_copy_is_dropped_once_after_the_last_request(
    monkeypatch: pytest.MonkeyPatch, warm: float, dropped: int
) -> None:
    monkeypatch.setattr(shared_refresh, "INTERVAL", 0)

    async def idle() -> _Copy:
        copy = _Copy(warm)
        await copy.shared.caught_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await copy.shared.run()
        return copy

    copy = asyncio.run(idle())
    assert copy.dropped == dropped
    assert (copy.refreshed > 1) == (not dropped)
