"""Which errors of Redis say what: declared here for every room."""

from redis.exceptions import (
    ConnectionError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

_TRANSIENT_ERRORS = (
    ConnectionError,
    TimeoutError,
    OutOfMemoryError,
    ReadOnlyError,
    MasterDownError,
    # The server forgot a script between its loading and its call.
    NoScriptError,
    # The operator has to grant something first.
    NoPermissionError,
)
_READ_ONLY = "READONLY"
_WRONG_TYPE = "WRONGTYPE"
# How the error of a script begins that found a key with the wrong contents (check.lua).
_WRONG_KEY = "WRONGKEY"
# Words in the text of other errors, also of those that a script passes on: memory or disk is full, replicas are
# lacking, a script runs for too long, the server became a replica while somebody waited. A wrong key waits for
# whoever deletes it: no event or message is at fault.
_TRANSIENT_WORDS = (
    "OOM",
    "MISCONF",
    _READ_ONLY,
    "NOREPLICAS",
    "LOADING",
    "BUSY ",
    "UNBLOCKED",
    _WRONG_TYPE,
    _WRONG_KEY,
)


class WrongKeyError(ResponseError):
    """A key holds what it must not. Scripts raise the same error, by its text.

    Args:
        fault: names the key and says what is wrong with it.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(f"{_WRONG_KEY} {fault}")


def is_transient(error: Exception) -> bool:
    """Whether a retry of the same command may succeed: the server is away, full, read-only, or has a wrong key.

    False means that nobody knows: the command itself may be at fault.
    """
    if not isinstance(error, RedisError):
        return False
    return isinstance(error, _TRANSIENT_ERRORS) or any(word in str(error) for word in _TRANSIENT_WORDS)


def is_replica_error(error: Exception) -> bool:
    """Whether the server refused a write because it is a replica."""
    # Before Redis 7 a script's error is a generic one with this word in its text.
    return isinstance(error, ReadOnlyError) or _READ_ONLY in str(error)


def needs_resending(error: Exception) -> bool:
    """Whether a command did nothing only because the server lacks its script or is a replica."""
    return isinstance(error, NoScriptError) or is_replica_error(error)


def is_wrong_type(error: Exception) -> bool:
    """Whether a key is of another type than the command needs."""
    return _WRONG_TYPE in str(error)


def is_wrong_key(error: Exception) -> bool:
    """Whether a script found a key that holds what it must not."""
    return _WRONG_KEY in str(error)
