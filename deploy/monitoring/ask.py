"""``python -m deploy.monitoring.ask``: asks Prometheus each query of the dashboard, and prints what it answers."""

import json
import sys
from typing import Annotated, Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import typer
from rich.console import Console
from rich.table import Table

from deploy.monitoring import panels

# What Grafana puts in depends on how long a time it shows.
_RATE_INTERVAL = "1m"
_WIDTH = 120


def answer(url: str, query: str) -> list[dict[str, Any]]:
    """What Prometheus answers to a query now: a value for each set of labels.

    Args:
        url: of Prometheus, without a path.
        query: PromQL as the dashboard has it.

    Raises:
        URLError: Prometheus does not answer, or refuses the query.
    """
    asked = urlencode({"query": query.replace("$__rate_interval", _RATE_INTERVAL)})
    # Past any proxy that the environment names.
    with build_opener(ProxyHandler({})).open(f"{url}/api/v1/query?{asked}", timeout=10) as response:
        result: list[dict[str, Any]] = json.load(response)["data"]["result"]
        return result


def main(url: Annotated[str, typer.Argument(help="Where Prometheus is.")] = "http://127.0.0.1:9090") -> None:
    """Ask each query of the dashboard, and count those that have data."""
    table = Table("panel", "series", "the first value")
    answered, asked = 0, 0
    for name, query in panels.expressions():
        try:
            series = answer(url, query)
        except URLError as error:
            sys.exit(f"{url} does not answer {query}: {error}")
        asked += 1
        answered += bool(series)
        table.add_row(name, str(len(series)), series[0]["value"][1] if series else "none")
    Console(width=_WIDTH).print(table, f"{answered} of {asked} queries are answered by data.")


if __name__ == "__main__":
    typer.run(main)
