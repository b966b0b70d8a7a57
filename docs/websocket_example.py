"""The example of the WebSocket's page, as code that runs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PAGE = Path(__file__).parent / "reference" / "websocket.md"


def apply_function() -> Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]:
    """The function that applies a message of a feed that is followed by deltas."""
    [code] = re.findall(r"```python\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    function: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] = names["apply"]
    return function
