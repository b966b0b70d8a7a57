"""Rolls the session clock of a server forward."""

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.scripts import script
from leaderboard.scripts.packing import pack
from leaderboard.sessions import Session
from leaderboard.tape.recording import TAPE_KEYS

#: The keys of a script that moves the session clock, as ``session.lua`` lists them.
SESSION_KEYS = (
    keys.SESSION,
    keys.REVISION,
    keys.RECORDS,
    keys.CHANGES,
    *TAPE_KEYS,
    *(board.key for board in BOARDS),
)

#: The same script's argument: for each board, whether 09:30 clears it.
CLEARS_AT_OPEN = pack([board.clears_at_open for board in BOARDS])


class SessionRoll:
    """Rolls the session clock forward, and clears what ends with the session that it leaves.

    Args:
        redis: the server.
    """

    def __init__(self, redis: Redis) -> None:
        self._roll = script.load(redis, "check.lua", "tape.lua", "session.lua", "roll.lua")

    def to(self, session: Session) -> bool:
        """Roll to a session.

        Returns:
            Whether the clock moved. It does not if it stands there or later.
        """
        return bool(self._roll(SESSION_KEYS, [session.number, CLEARS_AT_OPEN]))
