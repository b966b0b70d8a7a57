"""What kinds of reasons there are to refuse a payload or a message: few enough to count each."""

from enum import StrEnum


class ReasonKind(StrEnum):
    """The kind of a dead letter's reason."""

    #: The event's time lies in the future.
    FUTURE = "future"
    #: The start or end is no time in Unix milliseconds.
    TIMESTAMP = "timestamp"
    #: The symbol is missing, or invalid.
    SYMBOL = "symbol"
    #: The close is missing, or a price, a volume or another field is invalid.
    FIELD = "field"
    #: The payload, or the task's arguments, are no event.
    NO_EVENT = "no_event"
    #: The symbol is new, and the day has as many as it may have.
    SYMBOLS_BOUND = "symbols_bound"
    #: The message cannot be read, or is none that Celery sends.
    MESSAGE = "message"
    #: The message names a task that its queue does not run.
    TASK = "task"
    #: The message asks for what its task may not have: callbacks, time limits, a long countdown, and so on.
    OPTIONS = "options"
    #: The message, or its body, is too large or nested too deep.
    SIZE = "size"
    #: Applying the event failed.
    ERROR = "error"
    #: Another release counted the dead letter, without a kind that this one knows.
    UNKNOWN = "unknown"
