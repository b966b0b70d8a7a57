"""What keeps the gateway's background work going."""

import asyncio
import logging
from contextlib import suppress

import pytest

from watch.gateway.supervisor import Supervisor, end


def test_work_that_fails_begins_again_and_is_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("watch.gateway.supervisor._PAUSE", 0.0)
    supervisor = Supervisor()
    starts = 0

    async def work() -> None:
        # Given work that fails whenever it begins, but for the fifth time
        nonlocal starts
        starts += 1
        if starts == 5:
            await asyncio.Event().wait()
        raise TypeError("string indices must be integers")

    async def keep() -> None:
        running = asyncio.create_task(supervisor.keep("some work", work))
        while starts < 5:
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        # And it ends when it is cancelled, and no sooner
        assert running.cancelled()

    # When it is kept going
    with caplog.at_level(logging.ERROR):
        asyncio.run(keep())

    # Then it starts again each time; each failure is counted, health names the work, and it is logged once
    assert supervisor.errors == {"some work": 4}
    assert supervisor.failing == {"some work": "TypeError"}
    [record] = caplog.records
    assert record.exc_info
    assert "some work" in record.getMessage()


def test_what_succeeds_again_is_well() -> None:
    supervisor = Supervisor()

    async def come_to(error: Exception | None) -> int:
        if error:
            raise error
        return 7

    assert asyncio.run(supervisor.result("a look", lambda: come_to(ValueError("junk")))) is None
    assert "a look" in supervisor.failing
    assert asyncio.run(supervisor.result("a look", lambda: come_to(None))) == 7
    assert supervisor.failing == {}


def test_work_ends_although_it_loses_its_first_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watch.gateway.supervisor._CANCEL_AGAIN", 0.01)

    async def work() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async def stop() -> asyncio.Task[None]:
        # Given work that has begun, when it is ended
        running = asyncio.create_task(work())
        await asyncio.sleep(0)
        await end([running])
        return running

    # Then it has ended
    assert asyncio.run(stop()).cancelled()
