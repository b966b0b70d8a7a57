"""The alarms as Prometheus Operator takes them: in a PrometheusRule, which `python -m docs.generate` writes."""

import io

from ruamel.yaml import YAML

from deploy.monitoring.alarms import FILES

_HEAD = """\
# Written by `python -m docs.generate`, from deploy/monitoring/rules.
"""


def manifest() -> str:
    """The PrometheusRule, as YAML."""
    yaml = YAML(typ="rt")
    yaml.width = 1000
    groups = [group for file in FILES for group in yaml.load(file)["groups"]]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "leaderboards"},
        "spec": {"groups": groups},
    }
    text = io.StringIO()
    yaml.dump(rule, text)
    return _HEAD + text.getvalue()
