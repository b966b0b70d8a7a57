"""Fixtures of the tests of recording several servers."""

from tests.integration.leaderboard.sharded.conftest import divided as divided
from tests.integration.leaderboard.sharded.conftest import shards as shards
