"""The runbook's page of alarms, made from Prometheus's rules."""

import os.path
import re
from itertools import groupby

from deploy.monitoring.alarms import ALARMS, Alarm

_HEAD = """\
# Alarms

This page is written by `python -m docs.generate`, from `deploy/monitoring/rules/`. The link of each alarm leads
here. How to have them: [monitoring](monitoring.md). What each metric counts: [metrics](../reference/metrics.md).

**Critical** is for waking somebody: boards stand still, or soon will. A **warning** is for the same day.
"""

_PAGE = re.compile(r"docs/([\w/-]+)\.md(#[\w-]+)?")
_ALARM = re.compile(rf"\b({'|'.join(ALARMS)})\b")
_FOLDER = "operations"


def markdown() -> str:
    """The whole page, a heading for each alarm."""
    groups = groupby(ALARMS.values(), key=lambda alarm: alarm.group)
    return "\n".join([_HEAD, *(f"## {name}\n\n" + "\n".join(map(_section, alarms)) for name, alarms in groups)])


def _section(alarm: Alarm) -> str:
    told = alarm.annotations
    return f"""\
### {alarm.name}

**{alarm.severity.capitalize()}.** {told["summary"]}.

- Fires on: {alarm.condition}
- Normal: {told["normal"]}
- Then: {_ALARM.sub(_anchor, _PAGE.sub(_link, told["action"]))}
"""


def _link(page: re.Match[str]) -> str:
    """A page that an action names, as a link from this one: its title is its name, or that of the heading."""
    path, anchor = page[1], page[2] or ""
    title = (anchor.removeprefix("#") or path.rpartition("/")[2]).replace("-", " ")
    return f"[{title}]({os.path.relpath(path, _FOLDER)}.md{anchor})"


def _anchor(alarm: re.Match[str]) -> str:
    return f"[{alarm[0]}](#{alarm[0].lower()})"
