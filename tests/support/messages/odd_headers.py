"""Values of every wrong type, for every header and property that Celery reads."""

from typing import Any

from tasks.intake.header_types import HEADERS, PROPERTIES

_NUMBERS: list[Any] = [17, -1, 1.5, 2**40]
_FLAGS: list[Any] = [True, False]
_TEXTS: list[Any] = ["", "text", "x" * 300]
_LISTS: list[Any] = [[], [1], [[]], [None], ["a"], [{}], ["a", "b"]]
_OBJECTS: list[Any] = [{}, {"a": {}}, {"a": [[]]}]
_DEEP: Any = [[]]
for _ in range(40):
    _DEEP = [_DEEP]

#: What is right, by what a header is for.
_RIGHT: dict[str, list[Any]] = {
    "retries": [17],
    "group_index": [17],
    "replaced_task_nesting": [17],
    "priority": [17],
    "delivery_mode": [17],
    "ignore_result": _FLAGS,
    "timelimit": [],
    "stamped_headers": [[], ["a"], ["a", "b"]],
    "stamps": [{}],
    "delivery_info": [{}, {"a": {}}, {"a": [[]]}],
    "compression": [],
    "task": ["text"],
    "id": ["text"],
    "eta": [""],
    "expires": [""],
}


def _wrong(name: str) -> list[Any]:
    right = _RIGHT.get(name, _TEXTS)
    everything = [*_NUMBERS, *_FLAGS, *_TEXTS, *_LISTS, *_OBJECTS, _DEEP]
    # True is 1 to Python, and not to Celery.
    return [each for each in everything if not any(type(each) is type(one) and each == one for one in right)]


#: A name, and a value that its header must not have.
ODD_HEADERS = [(name, value) for name in HEADERS for value in _wrong(name)]
ODD_PROPERTIES = [
    *((name, value) for name in PROPERTIES for value in _wrong(name)),
    ("delivery_info", {"exchange": 1}),
    ("delivery_info", {"routing_key": []}),
    ("delivery_info", {"priority": "high"}),
    ("delivery_info", {"redelivered": "yes"}),
]
#: One for each header.
SOME_ODD_HEADERS = {name: next(value for other, value in ODD_HEADERS if other == name) for name in HEADERS}
