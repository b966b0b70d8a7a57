"""Prometheus and Grafana ask for what the system serves, and their containers can do no more than they need."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from ruamel.yaml import YAML

from config.celery import AGGS
from config.settings import Settings
from deploy.monitoring import dashboard, panels
from deploy.monitoring.alarms import ALARMS, FILES
from leaderboard.store.totals import LAG_BOUNDS
from tasks.doctor.checks.publishing import LAGGING
from tasks.doctor.checks.queue_state import LONG
from tests.support.checkout import CHECKOUT
from tests.support.scraped import Scraped
from tests.support.waiting import eventually
from watch.gateway.limits import CONNECTIONS

MONITORING = CHECKOUT / "deploy" / "monitoring"
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(CHECKOUT / "docker-compose.yml")["services"]
WATCHERS = ("prometheus", "grafana", "alertmanager")

_WORD = re.compile(r"\b[A-Za-z_]\w*")
_LANGUAGE = {
    "and",
    "or",
    "unless",
    "by",
    "on",
    "without",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "bool",
}
# Prometheus makes these itself, and its labels for what it scrapes.
_PROMETHEUS_METRICS, _PROMETHEUS_LABELS = {"up", "ALERTS"}, {"instance", "job", "alertstate", "alertname"}


def metrics_of(expression: str) -> set[str]:
    """The metrics that PromQL names."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|without)\s*\([^)]*\)', " ", expression)
    # A word before a parenthesis is a function.
    return {
        found[0]
        for found in _WORD.finditer(bare)
        if not bare[found.end() :].lstrip().startswith("(") and found[0] not in _LANGUAGE
    }


def labels_of(text: str) -> set[str]:
    """The labels that PromQL, a legend or an alarm's text names."""
    grouped = re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", text)
    matched = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", text)
    shown = re.findall(r"\{\{\s*(\w+)\s*\}\}|\$labels\.(\w+)", text)
    return {*_WORD.findall(" ".join(grouped)), *matched, *(a or b for a, b in shown)}


#: By what it is called: an expression, and what is said of it.
ASKED = {name: (query, f"{query} {name}") for name, query in panels.expressions()} | {
    alarm.name: (alarm.expression, f"{alarm.expression} {alarm.annotations['description']}")
    for alarm in ALARMS.values()
}


def missing(served: dict[str, set[str]], expression: str, said: str) -> set[str]:
    """What an expression asks for and nobody serves.

    Args:
        served: labels by metric.
        expression: PromQL.
        said: the expression, and the texts about its result.
    """
    metrics = metrics_of(expression) - _PROMETHEUS_METRICS
    known = {label for metric in metrics for label in served.get(metric, ())}
    return (metrics - served.keys()) | (labels_of(said) - known - _PROMETHEUS_LABELS)


@pytest.fixture
def scraped(redis: Redis, tmp_path: Path) -> Iterator[Scraped]:
    started = Scraped(tmp_path)
    yield started
    started.stop()


def test_all_that_is_asked_for_is_served(scraped: Scraped) -> None:
    # Given all parts at work
    def gone() -> dict[str, set[str]]:
        served = scraped.served()
        each = {name: missing(served, *asked) for name, asked in ASKED.items()}
        return {name: names for name, names in each.items() if names}

    # Then each metric and each label that the dashboard or an alarm names is served
    try:
        eventually(lambda: not gone())
    except AssertionError:
        assert not gone()


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("max(lba_queue_wating) > 5000", {"lba_queue_wating"}),
        ("max by (servr) (rate(lba_redis_cpu_seconds_total[1m])) > 0.8", {"servr"}),
        ('sum(rate(flower_events_total{tsk="x"}[$__rate_interval]))', {"tsk"}),
        ('up{job="web"} == 0 or absent(up{job="web"})', set()),
        ("max by (le) (rate(lba_lag_seconds_bucket[1m])) and on() max(lba_queue_waiting) == 1", set()),
    ],
)
def test_a_name_that_is_gone_is_noticed(expression: str, names: set[str]) -> None:
    served = {
        "lba_queue_waiting": set[str](),
        "lba_redis_cpu_seconds_total": {"server"},
        "lba_lag_seconds_bucket": {"le"},
        "flower_events_total": {"task", "type", "worker"},
    }
    assert missing(served, expression, expression) == names


_ADDED_UP = re.compile(r"\bsum(?:\s+by\s*\([^)]*\))?\s*\((?:\w+\()*lba_(?!feed_)")


def test_what_every_gateway_serves_is_not_added_up() -> None:
    """Given two gateways, which serve the same counts of the cluster, then no query counts a bar twice."""
    assert _ADDED_UP.search("sum by (reason) (rate(lba_dead_by_reason_total[1m]))")
    assert not [name for name, (query, _) in ASKED.items() if _ADDED_UP.search(query)]


def test_the_dashboard_is_current() -> None:
    assert dashboard.FILE.read_text("utf-8") == dashboard.build(), (
        "python -m deploy.monitoring.dashboard writes it"
    )


def test_every_alarm_has_a_panel() -> None:
    shown = [panel for row in panels.ROWS.values() for panel in row]
    assert {name for panel in shown for name in (panel.line, *panel.alarms) if name} == ALARMS.keys()


def test_thresholds_follow_from_the_code() -> None:
    """Given a bound or a limit that the code declares too, then the alarm is told by the same number."""
    assert ALARMS["QueueDeep"].threshold == LONG[AGGS]
    assert ALARMS["BarsLate"].threshold == LAGGING
    assert ALARMS["SymbolsNearBound"].threshold == 0.8 * Settings.model_fields["symbols_bound"].default
    assert 0.8 * CONNECTIONS < ALARMS["ConnectionsHigh"].threshold < CONNECTIONS
    # A quantile is told exactly only at the end of a bucket
    assert ALARMS["SlowestBarsLate"].threshold in LAG_BOUNDS


def test_panels_tell_what_they_show() -> None:
    """Given the dashboard, then each panel has a title of its own, a description and a unit."""
    shown = [*panels.GLANCE, *(panel for row in panels.ROWS.values() for panel in row)]
    assert len({panel.title for panel in shown}) == len(shown)
    assert all(panel.about.endswith(".") and panel.unit and panel.queries for panel in shown)


# --- their files


def checked(*command: str | Path) -> None:
    """Run a program that checks a file.

    Raises:
        AssertionError: it finds something wrong; the text says what.
    """
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"needs {command[0]}, of Debian's packages prometheus and prometheus-alertmanager")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prometheus.yml", "compose/prometheus.yml"])
def test_prometheus_understands_its_configuration(name: str) -> None:
    checked("promtool", "check", "config", "--syntax-only", MONITORING / name)


def test_alarms_are_judged_at_each_scrape() -> None:
    """Given a Prometheus that judges rules every 30 s by default, then it judges these at each scrape."""
    scraped = YAML(typ="safe").load(MONITORING / "prometheus.yml")["global"]["scrape_interval"]
    groups = [group for file in FILES for group in YAML(typ="safe").load(file)["groups"]]

    assert {group["interval"] for group in groups} == {scraped}


def test_alertmanager_understands_its_configuration(tmp_path: Path) -> None:
    # Given the file, and that of the webhook's URL
    (tmp_path / "url").write_text("http://127.0.0.1/webhook")
    text = (MONITORING / "alertmanager.yml").read_text().replace("/tmp/alert_webhook_url", str(tmp_path / "url"))
    (tmp_path / "alertmanager.yml").write_text(text)

    checked("amtool", "check-config", tmp_path / "alertmanager.yml")


def test_alarms_that_follow_from_others_exist() -> None:
    rules = YAML(typ="safe").load(MONITORING / "alertmanager.yml")["inhibit_rules"]
    named = {
        name
        for rule in rules
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        for name in re.findall(r"\b[A-Z]\w+", matcher)
    }
    assert len(named) > 5
    assert named <= ALARMS.keys()


def _ports(configuration: dict[str, Any]) -> dict[str, list[int]]:
    """The ports that are scraped, by job."""
    return {
        job["job_name"]: [
            *(int(each.rpartition(":")[2]) for to in job.get("static_configs", []) for each in to["targets"]),
            *(to["port"] for to in job.get("dns_sd_configs", [])),
        ]
        for job in configuration["scrape_configs"]
    }


def test_prometheus_differs_in_containers_by_addresses_alone() -> None:
    here, there = (
        YAML(typ="safe").load(MONITORING / name) for name in ("prometheus.yml", "compose/prometheus.yml")
    )

    assert here["global"] == there["global"]
    assert here["rule_files"] == there["rule_files"]
    assert _ports(here) == _ports(there)


# --- their containers


def test_nothing_more_starts_unless_asked_for() -> None:
    """Given `docker compose up`, then neither a market nor what watches is started."""
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}

    assert profiles == {
        "feed": ["live"],
        "market": ["demo"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
        "alertmanager": ["alerts"],
    }


@pytest.mark.parametrize("name", WATCHERS)
def test_a_watcher_can_do_no_more_than_it_needs(name: str) -> None:
    """Given Prometheus and its kin, then they are not root, have no capability, and write to their own alone."""
    service = SERVICES[name]

    assert service["user"] in ("nobody", "472")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(volume.endswith(":ro") or volume.startswith(f"{name}:") for volume in service["volumes"])
    # And it is the same version tomorrow
    assert re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+", service["image"])


@pytest.mark.parametrize("name", WATCHERS)
def test_the_files_that_are_mounted_exist(name: str) -> None:
    mounted = [volume.split(":") for volume in SERVICES[name]["volumes"] if volume.startswith("./")]

    assert mounted
    assert all((CHECKOUT / path).exists() for path, *_ in mounted)


def test_grafana_has_no_account_and_shows_the_dashboard() -> None:
    """Given Grafana, then there is no password to guess, and who comes may look and change nothing."""
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"

    # And its dashboard and its source of data lie where it looks for them
    provisioning = MONITORING / "grafana" / "provisioning"
    [source] = YAML(typ="safe").load(provisioning / "datasources" / "prometheus.yml")["datasources"]
    [provider] = YAML(typ="safe").load(provisioning / "dashboards" / "leaderboards.yml")["providers"]
    assert source["url"] == "http://prometheus:9090"
    assert (
        environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        == f"{provider['options']['path']}/{dashboard.FILE.name}"
    )


@pytest.mark.parametrize(
    ("name", "variable", "file"),
    [
        ("prometheus", "GATEWAY_API_KEY", "gateway_api_key"),
        ("alertmanager", "ALERT_WEBHOOK_URL", "alert_webhook_url"),
    ],
)
def test_a_secret_reaches_its_file_and_nobody_else(name: str, variable: str, file: str, tmp_path: Path) -> None:
    # Given the container's start, with a program in the place of its own
    program = tmp_path / name
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    service = SERVICES[name]
    start = [word.replace("$$", "$").replace("/tmp/", f"{tmp_path}/") for word in service["entrypoint"]]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", variable: "a secret, 100 %"}

    # When it starts
    run = subprocess.run(
        [*start, *service["command"]], env=environment, capture_output=True, text=True, timeout=20, check=True
    )

    # Then the program is given its options, and finds the secret in a file of its own
    assert run.stdout.split() == service["command"]
    assert (tmp_path / file).read_text() == "a secret, 100 %"
    assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600


def test_alertmanager_says_what_it_needs(tmp_path: Path) -> None:
    """Given no webhook, when Alertmanager is started, then it ends with the variable's name."""
    start = [
        word.replace("$$", "$").replace("/tmp/", f"{tmp_path}/") for word in SERVICES["alertmanager"]["entrypoint"]
    ]

    run = subprocess.run(
        start, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=20, check=False
    )

    assert run.returncode == 1
    assert "ALERT_WEBHOOK_URL is not set" in run.stdout


@pytest.mark.parametrize("name", ["feed", "market"])
def test_a_feed_is_served_where_prometheus_looks(name: str) -> None:
    feed = SERVICES[name]
    [job] = [
        job
        for job in YAML(typ="safe").load(MONITORING / "compose" / "prometheus.yml")["scrape_configs"]
        if job["job_name"] == "feed"
    ]

    names = {name, *feed.get("networks", {}).get("default", {}).get("aliases", [])}
    assert names >= {*job["dns_sd_configs"][0]["names"]}
    assert feed["environment"]["OTEL_METRICS_EXPORTER"] == "prometheus"
    assert feed["environment"]["OTEL_EXPORTER_PROMETHEUS_HOST"] == "0.0.0.0"
    # And it takes time as the workers do
    assert "MARKET_CLOCK" in feed["environment"]
