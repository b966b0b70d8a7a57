"""What feeds send."""

from typing import Any

#: An event with short field names; see :class:`leaderboard.event.Event`.
EventDict = dict[str, Any]
