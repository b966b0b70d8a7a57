"""Prometheus Operator's configuration agrees with that of Prometheus elsewhere."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from deploy.monitoring.alarms import FILES
from tests.support.checkout import CHECKOUT
from tests.support.kubernetes.manifests import container, of_kind

PROMETHEUS: dict[str, Any] = YAML(typ="safe").load(CHECKOUT / "deploy" / "monitoring" / "prometheus.yml")


def endpoints() -> dict[str, dict[str, Any]]:
    """What is read of each deployment, by the job that it is to Prometheus."""
    found = {}
    for monitor in (each["spec"] for each in of_kind("PodMonitor").values()):
        (endpoint,) = monitor["podMetricsEndpoints"]
        found[monitor["selector"]["matchLabels"][monitor["jobLabel"]]] = endpoint
    return found


def test_pods_are_read_as_the_alarms_expect() -> None:
    """Given the jobs that alarms name, then pods of the same ports are these jobs, and are read as often."""
    expected = {}
    for job in PROMETHEUS["scrape_configs"]:
        ((target,),) = (each["targets"] for each in job["static_configs"])
        expected[job["job_name"]] = int(target.rpartition(":")[2])

    read = {}
    for name, endpoint in endpoints().items():
        (port,) = (each for each in container(name)["ports"] if each["name"] == endpoint["port"])
        read[name] = port["containerPort"]
        assert endpoint["interval"] == PROMETHEUS["global"]["scrape_interval"]
        assert endpoint["scrapeTimeout"] == PROMETHEUS["global"]["scrape_timeout"]

    assert read == expected


@pytest.mark.parametrize("name", ["web", "flower", "feed"])
def test_a_pod_that_has_not_started_is_not_down(name: str) -> None:
    """Given a pod with an address whose image is still being pulled, then it is not scraped, so no alarm fires."""
    (rule,) = endpoints()[name]["relabelings"]

    assert rule == {"action": "keep", "sourceLabels": ["__meta_kubernetes_pod_phase"], "regex": "Running"}


def test_the_gateway_is_read_with_its_key() -> None:
    """Given the key that the gateway asks for, then Prometheus takes it from the gateway's own Secret."""
    key = endpoints()["web"]["authorization"]["credentials"]

    assert {"secretRef": {"name": key["name"]}} in container("web")["envFrom"]
    assert key["key"] == "GATEWAY_API_KEY"


def test_the_alarms_are_those_of_the_rule_files() -> None:
    (rule,) = of_kind("PrometheusRule").values()

    assert rule["spec"]["groups"] == [group for file in FILES for group in YAML(typ="safe").load(file)["groups"]]
