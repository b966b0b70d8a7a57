"""What the environment tells each process of a library. ``CELERY_BROKER_URL`` is the broker of all of them."""

import os
from typing import NamedTuple, Self

_LANE = "PEERS_LANE"
_SAFE = "PEERS_SAFE"
_TIMEOUT = "PEERS_TIMEOUT"
_BROKER = "CELERY_BROKER_URL"


class Settings(NamedTuple):
    """The settings of one lane.

    Attributes:
        lane: its name, under which its processes note what they have done.
        broker: URL of the database of its queue.
        safe: whether the library is set as its documentation says that no task is lost.
        timeout: seconds after which the tasks of a lost worker are redelivered; 0: the library's own default.
    """

    lane: str
    broker: str
    safe: bool
    timeout: int

    @classmethod
    def read(cls) -> Self:
        """The settings of this process."""
        get = os.environ.__getitem__
        return cls(get(_LANE), get(_BROKER), bool(int(get(_SAFE))), int(get(_TIMEOUT)))

    def variables(self) -> dict[str, str]:
        """What :meth:`read` reads."""
        return {
            _LANE: self.lane,
            _BROKER: self.broker,
            _SAFE: str(int(self.safe)),
            _TIMEOUT: str(self.timeout),
        }
