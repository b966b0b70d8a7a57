"""What the live feed's tests share."""

from collections.abc import Iterator

import pytest

from tests.support.massive.stream import MassiveServer


@pytest.fixture
def server() -> Iterator[MassiveServer]:
    """A server that speaks the market data service's protocol."""
    with MassiveServer() as server:
        yield server
