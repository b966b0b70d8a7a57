"""``python -m docs.generate`` writes those pages and manifests that follow from the code."""

from pathlib import Path

from deploy.monitoring import prometheus_rule
from docs import alarms_page, alerts_page, boards_and_rows_page, screens_page, settings_page

DOCS = Path(__file__).parent

PAGES = {
    "reference/alerts.md": alerts_page.markdown,
    "reference/boards-and-rows.md": boards_and_rows_page.markdown,
    "reference/screens.md": screens_page.markdown,
    "reference/settings.md": settings_page.markdown,
    "operations/alarms.md": alarms_page.markdown,
    "../deploy/kubernetes/components/monitoring/rules.yaml": prometheus_rule.manifest,
}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
