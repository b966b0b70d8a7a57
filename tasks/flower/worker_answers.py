"""Validates what workers answer to Flower's questions: a wrong answer would break Flower's pages."""

import logging
from typing import Annotated, Any

import flower.app as flower_app  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from leaderboard.brief import brief
from tasks.flower.rejections import Rejections, reason


class _Queue(BaseModel):
    model_config = ConfigDict(strict=True)

    name: Annotated[str, Field(min_length=1, max_length=255)]


#: The shape of a worker's answer, by Flower's question.
_ANSWERS: dict[str, TypeAdapter[Any]] = {
    "stats": TypeAdapter(dict[str, Any]),
    "conf": TypeAdapter(dict[str, Any]),
    "active_queues": TypeAdapter(list[_Queue]),
    "registered": TypeAdapter(list[str]),
    "scheduled": TypeAdapter(list[dict[str, Any]]),
    "active": TypeAdapter(list[dict[str, Any]]),
    "reserved": TypeAdapter(list[dict[str, Any]]),
    "revoked": TypeAdapter(list[str]),
}


def validate_answers(rejections: Rejections) -> None:
    """Have Flower's inspector take only valid answers. The others are counted in `rejections`."""
    update = flower_app.Inspector._on_update

    def update_if_valid(self: Any, worker: str, method: str, answer: object) -> None:
        try:
            _ANSWERS[method].validate_python(answer, strict=True)
        except ValidationError as error:
            rejections.add(f"of {brief(worker)} to {method}", answer, reason(error))
        else:
            update(self, worker, method, answer)

    flower_app.Inspector._on_update = update_if_valid
    logging.getLogger("flower.inspector").addFilter(explain_missing_answer)


def explain_missing_answer(record: logging.LogRecord) -> bool:
    """Reword Flower's log, which says that an inspect method failed."""
    if record.msg == "Inspect method %s failed":
        record.msg = "no worker answered when asked for its %s: those that run are busy, or cannot be reached"
    return True
