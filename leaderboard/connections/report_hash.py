"""Reports of processes about themselves: dataclasses of numbers and texts, each kept as a hash."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, cast

from redis import Redis

T = TypeVar("T")


def read_report(redis: Redis, key: str, kind: type[T]) -> T | None:
    """The report that a key holds; None: it does not exist, or has other fields, as of another release.

    Args:
        redis: of the boards.
        key: of the hash.
        kind: a dataclass whose fields are whole numbers and texts.

    Raises:
        redis.exceptions.ResponseError: the key is of another type.
    """
    stored = cast(Mapping[bytes, bytes], redis.hgetall(key))
    texts = {name.decode(): text.decode(errors="replace") for name, text in stored.items()}
    try:
        known: dict[str, Any] = {
            field.name: int(texts[field.name]) if field.type is int else texts[field.name]
            for field in fields(cast(Any, kind))
        }
    except (KeyError, ValueError):
        return None
    return kind(**known)
