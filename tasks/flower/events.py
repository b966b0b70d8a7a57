"""What events workers send, Celery's and ours, field by field."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
#: Unix seconds, from 2000 to 2100: Flower cannot show others as a time.
Time = Annotated[float, Field(ge=946_684_800, lt=4_102_444_800)]


class _Event(BaseModel):
    """The fields of every event. Others are dropped: Celery would set them on its worker or task object."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    hostname: Name
    timestamp: Time
    utcoffset: Annotated[float, Field(ge=-24, le=24)] = 0
    clock: Count = 0
    pid: Count | None = None


class WorkerEvent(_Event):
    """A worker started, stopped, or is still running."""

    type: Literal["worker-online", "worker-heartbeat", "worker-offline"]
    freq: Annotated[float, Field(gt=0, le=3600)] = 60
    active: Count | None = None
    processed: Count | None = None
    loadavg: Annotated[list[Annotated[float, Field(ge=0)]], Field(max_length=3)] | None = None
    sw_ident: Text | None = None
    sw_ver: Text | None = None
    sw_sys: Text | None = None


#: Smaller than what JavaScript can count exactly.
Total = Annotated[int, Field(ge=0, lt=2**53)]


class BarsEvent(_Event):
    """How many bars a worker has processed since its start: see :mod:`tasks.bar_reports.reporter`."""

    type: Literal["worker-bars"]
    incarnation: Count
    succeeded: Total
    failed: Total
    in_flight: Total


class TaskEvent(_Event):  # type: ignore[no-redef]
    """A task changed its state."""

    type: Literal[
        "task-sent",
        "task-received",
        "task-started",
        "task-succeeded",
        "task-failed",
        "task-rejected",
        "task-revoked",
        "task-retried",
    ]
    uuid: Name
    name: Name | None = None
    args: Text | None = None
    kwargs: Text | None = None
    root_id: Name | None = None
    parent_id: Name | None = None
    retries: Count | None = None
    eta: Text | None = None
    expires: Text | None = None
    exchange: Text | None = None
    routing_key: Text | None = None
    result: Text | None = None
    runtime: Annotated[float, Field(ge=0)] | None = None
    exception: Text | None = None
    traceback: Text | None = None


_EVENT: TypeAdapter[WorkerEvent | BarsEvent | TaskEvent] = TypeAdapter(
    Annotated[WorkerEvent | BarsEvent | TaskEvent, Field(discriminator="type")]
)


def validate_event(event: object) -> dict[str, Any]:
    """Validate an event, and drop the fields that workers' events do not have.

    Raises:
        ValidationError: it is not an event that a worker sends.
    """
    return _EVENT.validate_python(event).model_dump(exclude_unset=True)
