"""The docs' page of the rules of alerts that are shipped, made from their file."""

from config.settings import SHIPPED_ALERTS
from docs.markdown_table import table
from docs.screens_page import HOURS
from leaderboard.alerts.alerts_file import load
from leaderboard.alerts.rule import Rule


def markdown() -> str:
    """The page."""
    rules = table(
        ("rule", "title", "event", "conditions", "hours", "hold, s", "cooldown, s"),
        map(_rule, load(SHIPPED_ALERTS)),
    )
    return f"""\
# Shipped rules of alerts

This page is written by `python -m docs.generate`, from `config/alerts.toml`. [Alerts](../guides/alerts.md)
tells how to declare your own. [Boards and rows](boards-and-rows.md) has the fields.

{rules}
"""


def _rule(rule: Rule) -> tuple[str, ...]:
    return (
        f"`{rule.name}`",
        rule.title,
        f"`{rule.event}`" if rule.event else "",
        ", ".join(f"`{condition}`" for condition in rule.conditions) or "none",
        ", ".join(HOURS[each] for each in rule.hours) or "all",
        str(rule.hold),
        f"{rule.cooldown:,}",
    )
