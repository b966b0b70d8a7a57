"""How the gateway connects to Redis."""

import asyncio
from typing import Any

import pytest

from config.settings import Settings
from tests.support.redis_servers.sentinels import Watched
from watch.gateway.redis_client import CONNECTIONS, connect


@pytest.mark.parametrize("named", ["the server", "its Sentinel"])
def test_who_comes_while_all_connections_are_taken_waits_for_one(watched: Watched, named: str) -> None:
    # Given a gateway's client of a server
    settings = (
        Settings(redis_url=watched.master.url())
        if named == "the server"
        else Settings(redis_url=watched.url(0), redis_master="boards")
    )

    # When far more come at once than there are connections
    async def come() -> list[Any]:
        client: Any = connect(settings.board_servers[0])
        try:
            return await asyncio.gather(*(client.get("nothing") for _ in range(10 * CONNECTIONS)))
        finally:
            await client.aclose()

    # Then all are answered
    assert asyncio.run(come()) == [None] * 10 * CONNECTIONS
