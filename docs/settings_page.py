"""The docs' page of settings, made from the fields of :class:`config.settings.Settings`."""

from datetime import date
from itertools import starmap
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config.settings import Group, Settings
from docs.markdown_table import table

_HEAD = """\
# Settings

This page is written by `python -m docs.generate`, from `config/settings.py`.

Every process reads its settings from environment variables when it starts. All have defaults. A wrong value ends
the process with a sentence that names the variable. An empty value counts as unset. Lists are separated by commas.

Commands that run in the checkout of a running `make run` use its Redis, unless `REDIS_URL` or
`CELERY_BROKER_URL` is set.
"""

# Variables that libraries and the Procfile read.
_OTHERS = """\
## Read by others

| variable | meaning |
| --- | --- |
| `OTEL_EXPORTER_OTLP_ENDPOINT` and its kin | Where [telemetry](../operations/telemetry.md) goes. |
| `OTEL_METRICS_EXPORTER` | `prometheus`: feeds serve Prometheus. Unset: metrics go where spans go. |
| `OTEL_EXPORTER_PROMETHEUS_HOST`, `OTEL_EXPORTER_PROMETHEUS_PORT` | Where. Unset: localhost, 9464. |
| `FLOWER_BASIC_AUTH` | `user:password` for Flower, more after commas. Unset: it listens on this machine only. |
| `FLOWER_ADDRESS`, `GATEWAY_ADDRESS` | Where the `Procfile` has Flower and the gateway listen. Unset: 127.0.0.1. |
"""


def markdown() -> str:
    """The whole page, one table for each group of settings."""
    return "\n".join([_HEAD, *map(_section, Group), _OTHERS])


def _section(group: Group) -> str:
    fields = {name: field for name, field in Settings.model_fields.items() if _extra(field)["group"] == group}
    return f"## {group}\n\n{table(('variable', 'value', 'default', 'meaning'), starmap(_row, fields.items()))}\n"


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    kind = "URL" if name.endswith("_url") else _kind(field.annotation)
    return f"`{name.upper()}`", _values(kind, field), _default(field), str(field.description)


def _values(kind: str, field: FieldInfo) -> str:
    """The values allowed, in a few words: ``number of seconds, 0.1 to 60``."""
    words = f"{kind} of {unit}" if (unit := _extra(field)["unit"]) else kind
    return f"{words}, {bounds}" if (bounds := _bounds(field)) else words


def _kind(annotation: Any) -> str:
    options = [each for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{each}`" for each in options)
    if annotation is bool:
        return "`1` or `0`"
    if get_origin(annotation) in (tuple, frozenset):
        return "list of dates" if date in options else "list"
    if hasattr(annotation, "__metadata__") or type(None) in get_args(annotation):
        # What is annotated, or is optional.
        return _kind(options[0])
    return {int: "whole number", float: "number", Path: "path", SecretStr: "secret"}.get(annotation, "text")


def _bounds(field: FieldInfo) -> str:
    least = next((each.ge for each in field.metadata if isinstance(each, Ge)), None)
    most = next((each.le for each in field.metadata if isinstance(each, Le)), None)
    if least is None:
        return ""
    return f"at least {_number(least)}" if most is None else f"{_number(least)} to {_number(most)}"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == () or value == frozenset():
        return "unset"
    return f"`{value:g}`" if isinstance(value, float) else f"`{int(value) if value is True else value}`"


def _number(value: Any) -> str:
    return f"{value:,}"


def _extra(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return extra
