"""What a check finds."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad a finding is; worse ones are greater.

    ``UNKNOWN``: it could not be looked at. Only ``WRONG`` makes the command fail.
    """

    OK = 0
    UNKNOWN = 1
    WARNING = 2
    WRONG = 3


class Page(StrEnum):
    """Where the documents tell more."""

    REDIS_DOWN = "docs/operations/alarms.md#redisdown"
    BROKER_DOWN = "docs/operations/alarms.md#brokerdown"
    REDIS_BUSY = "docs/operations/alarms.md#redisbusy"
    MEMORY = "docs/operations/alarms.md#redismemoryhigh"
    WORKERS_GONE = "docs/operations/alarms.md#workersgone"
    CLOCK_STOPPED = "docs/operations/alarms.md#clockstopped"
    SNAPSHOTS = "docs/operations/alarms.md#snapshotsstopped"
    QUEUE_DEEP = "docs/operations/alarms.md#queuedeep"
    IN_FLIGHT = "docs/operations/alarms.md#inflightstuck"
    NO_BARS = "docs/operations/alarms.md#nobars"
    LATE = "docs/operations/alarms.md#barslate"
    LATE_BARS = "docs/operations/alarms.md#latebars"
    HEALTH = "docs/operations/runbook.md#healthz"
    SCREENS = "docs/operations/runbook.md#screens-that-stand-still"
    DEAD_LETTERS = "docs/operations/runbook.md#dead-letters"
    SESSION_CLOCK = "docs/operations/runbook.md#the-session-clock"
    REFERENCE = "docs/operations/runbook.md#reference-data-that-is-missing-or-wrong"
    WRONG_KEY = "docs/operations/runbook.md#a-key-of-another-type"
    HISTORY = "docs/operations/history.md"
    FULL_DISK = "docs/operations/history.md#a-full-disk"
    GAPS = "docs/operations/history.md#gaps"
    NOTIFIER = "docs/operations/runbook.md#alerts-that-are-not-sent-on"
    DEPLOY = "docs/operations/deploy.md"
    LISTENERS = "docs/operations/deploy.md#who-listens-where"
    HIGH_AVAILABILITY = "docs/operations/high-availability.md"
    USERS = "docs/operations/redis-users-and-tls.md"
    CAPACITY = "docs/operations/capacity.md"
    SETTINGS = "docs/reference/settings.md"
    COMMANDS = "docs/reference/commands.md"


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        severity: how bad it is.
        says: what was found, in a sentence.
        do: what to do about it; empty: nothing.
        see: where the documents tell more.
    """

    severity: Severity
    says: str
    do: str = ""
    see: Page | None = None


def ok(says: str) -> Finding:
    return Finding(Severity.OK, says)


def unknown(says: str, do: str = "", see: Page | None = None) -> Finding:
    return Finding(Severity.UNKNOWN, says, do, see)


def warning(says: str, do: str, see: Page | None = None) -> Finding:
    return Finding(Severity.WARNING, says, do, see)


def wrong(says: str, do: str, see: Page | None = None) -> Finding:
    return Finding(Severity.WRONG, says, do, see)
