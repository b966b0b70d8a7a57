"""The made-up market of the profile `demo`."""

import re
import time
from dataclasses import replace
from functools import partial

import msgspec

from leaderboard import keys
from leaderboard.boards import BOARDS
from tests.chaos.verdict import Verdict
from tests.containers.stack import Stack
from tests.support.waiting import eventually

#: Seconds for it to start and to trade, on a busy machine.
_OPENS = 300.0


def demo(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Start it last, for its bars are not the oracle's: they come onto every published board."""
    with stack.load(rate) as stream:
        time.sleep(seconds)
    verdict = stack.verdict("--profile demo up -d", stream, "")
    stack.profiles = ("demo",)
    began = time.monotonic()
    stack.up()
    for board in BOARDS:
        eventually(partial(_shows_market, stack, board.name), _OPENS, f"the market is on {board.name}")
    return replace(verdict, notes=f"its market was on all published boards after {time.monotonic() - began:.0f} s")


def _shows_market(stack: Stack, board: str) -> bool:
    published = msgspec.json.decode(stack.boards.get(keys.scanner(board)) or b"[]")
    return any(not re.fullmatch(r"S\d{6}", row["symbol"]) for row in published)
