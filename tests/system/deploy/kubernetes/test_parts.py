"""What runs, its settings, rights, Secrets and probes agree with the code, the Procfile and the Compose file."""

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from honcho.environ import parse_procfile  # type: ignore[import-untyped]
from pydantic import SecretStr
from ruamel.yaml import YAML

from config import heartbeat
from config.settings import Settings
from deploy.acl import USERS
from tests.support.checkout import CHECKOUT
from tests.support.kubernetes.manifests import (
    FOLDER,
    container,
    documents,
    manifests,
    of_kind,
    pod,
    settings_given,
)
from tests.support.kubernetes.secrets import secrets
from tests.system.deploy.kubernetes.test_schemas import build

DEPLOYMENTS = of_kind("Deployment")
#: Those of which there is one only.
SINGLE = ("feed", "flower", "recorder", "notifier")
#: Those that end before they start anew, for a second could not do what the first does.
NEVER_TWO = ("feed", "recorder")
WORKERS = ("worker", "clock")
#: Those with a heartbeat's file.
BEATING = (*WORKERS, "recorder", "notifier")
PROCESSES: dict[str, str] = parse_procfile((CHECKOUT / "Procfile").read_text()).processes
COMPOSE: dict[str, Any] = YAML(typ="safe").load(CHECKOUT / "docker-compose.yml")["services"]
DOCUMENT = CHECKOUT / "docs" / "operations" / "kubernetes.md"


def environment(name: str) -> dict[str, str]:
    """Variables that a deployment sets itself."""
    return {each["name"]: each["value"] for each in container(name).get("env", [])}


# --- what runs


def test_every_process_runs_as_the_procfile_says() -> None:
    """Given the processes of the Procfile, then each is a deployment, listening where the cluster reaches it."""
    commands = {name: re.sub(r"\$\{\w+_ADDRESS:-127\.0\.0\.1\}", "0.0.0.0", PROCESSES[name]) for name in PROCESSES}
    commands["feed"] = "python -m feeds massive"

    assert {name: container(name)["args"] for name in DEPLOYMENTS} == {
        name: shlex.split(command) for name, command in commands.items()
    }
    # Which Compose starts, and the guide tells people to start, too
    assert COMPOSE["feed"]["command"] == commands["feed"]
    assert f".venv/bin/{commands['feed']} " in (CHECKOUT / "docs" / "guides" / "live-market.md").read_text()


def test_every_pod_runs_the_image_that_the_kustomization_names() -> None:
    (kustomization,) = documents(FOLDER / "kustomization.yaml")
    (image,) = kustomization["images"]

    assert {container(name)["image"] for name in DEPLOYMENTS} == {image["name"]}
    # That of Compose, unless it is given another
    assert COMPOSE["worker"]["image"] in (image["name"], f"${{LEADERBOARDS_IMAGE:-{image['name']}}}")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_finds_its_own_pods(name: str) -> None:
    spec = DEPLOYMENTS[name]["spec"]

    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"]["app.kubernetes.io/component"] == name


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_pods_can_do_no_more_than_they_need(name: str) -> None:
    """Given a pod, then it is not root, has no capability, gains none, has its bounds, and writes to /tmp only.

    The recorder also writes to its volume, which is its group's.
    """
    user = int(re.findall(r"^USER (\d+):", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)[-1])

    recorders = {"fsGroup": user, "fsGroupChangePolicy": "OnRootMismatch"} if name == "recorder" else {}
    # All that the namespace's standard, restricted, asks for, and more
    assert pod(name)["securityContext"] == recorders | {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    written = ["/tmp", "/history"] if name == "recorder" else ["/tmp"]
    assert [mount["mountPath"] for mount in container(name)["volumeMounts"]] == written
    assert container(name)["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container(name)["resources"]["limits"].keys() == {"memory"}
    assert pod(name)["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS.keys() - {*NEVER_TWO}))
def test_an_update_takes_nothing_away_before_the_new_works(name: str) -> None:
    assert DEPLOYMENTS[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert pod(name)["terminationGracePeriodSeconds"] == 60


@pytest.mark.parametrize("name", NEVER_TWO)
def test_there_are_never_two(name: str) -> None:
    """Given a key for one connection, or a volume for one pod, then the old pod ends before the new one starts."""
    assert DEPLOYMENTS[name]["spec"]["replicas"] == 1
    assert DEPLOYMENTS[name]["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS.keys() - set(SINGLE)))
def test_pods_of_a_part_do_not_fail_together(name: str) -> None:
    """Given several pods, then a drain leaves all but one, and they are spread over machines and zones."""
    budget = of_kind("PodDisruptionBudget")[name]["spec"]
    spread = pod(name)["topologySpreadConstraints"]

    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == DEPLOYMENTS[name]["spec"]["selector"]
    assert [each["topologyKey"].rpartition("/")[2] for each in spread] == ["zone", "hostname"]
    assert all(each["labelSelector"] == DEPLOYMENTS[name]["spec"]["selector"] for each in spread)


@pytest.mark.parametrize("name", of_kind("Service"))
def test_a_service_finds_its_port(name: str) -> None:
    service = of_kind("Service")[name]["spec"]
    (port,) = container(name)["ports"]

    assert service["selector"] == DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"]
    assert service["ports"] == [{"name": "http", "port": port["containerPort"], "targetPort": port["name"]}]


# --- settings


def test_no_secret_is_in_the_files() -> None:
    """Given the settings in the files, then each is one of the program's, of a right value, and none is secret."""
    given: dict[str, Any] = dict(settings_given())

    assert "Secret" not in {each["kind"] for each in manifests()}
    assert {name.lower() for name in given} <= Settings.model_fields.keys()
    assert not {
        name for name in given if SecretStr.__name__ in str(Settings.model_fields[name.lower()].annotation)
    }
    assert not {name for name in given if name.endswith("_URL")}
    Settings(**{name.lower(): value for name, value in given.items()})


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_pods_are_set_as_containers_of_compose_are(name: str) -> None:
    """Given what only one part is given, then its pod is given the same as its container."""
    own = {key: value for key, value in COMPOSE[name]["environment"].items() if key in environment(name)}

    assert {key: str(value) for key, value in own.items()} == environment(name)
    assert secrets()[name].keys() | settings_given().keys() <= COMPOSE[name]["environment"].keys()


def test_every_part_has_a_secret_of_its_own() -> None:
    """Given the deployments, then each has its own Secret and no other's, and the page tells how to make it."""
    given = {
        name: [each["secretRef"]["name"] for each in container(name)["envFrom"] if "secretRef" in each]
        for name in DEPLOYMENTS
    }

    assert given == {name: [name] for name in DEPLOYMENTS}
    assert secrets().keys() == {*DEPLOYMENTS, "scaler"}


def test_every_part_has_what_it_needs_and_its_own_user() -> None:
    """Given the Secrets, then keys are where they are needed only, and users as those that are tried out."""
    made = secrets()
    scaler = made.pop("scaler")

    def users(secret: dict[str, str]) -> list[str | None]:
        return [urlsplit(secret.get(name, "")).username for name in ("REDIS_URL", "CELERY_BROKER_URL")]

    assert {name: secret.keys() - {"REDIS_URL", "CELERY_BROKER_URL"} for name, secret in made.items()} == {
        "worker": set(),
        "clock": {"MASSIVE_API_KEY"},
        "beat": set(),
        "web": {"GATEWAY_API_KEY"},
        "flower": {"FLOWER_BASIC_AUTH"},
        "recorder": set(),
        "notifier": {"ALERT_URLS"},
        "feed": {"MASSIVE_API_KEY"},
    }
    assert {name: users(secret) for name, secret in made.items()} == {
        "worker": ["worker", "worker"],
        "clock": ["clock", "clock"],
        "beat": ["beat", "beat"],
        "web": ["gateway", "inspector"],
        "flower": ["inspector", "inspector"],
        "recorder": ["recorder", None],
        "notifier": ["notifier", None],
        "feed": ["reader", "producer"],
    }
    assert scaler["username"] == "scaler"
    assert {user for secret in made.values() for user in users(secret) if user} | {"scaler"} <= set(USERS)
    # With the passwords of these users
    assert made["web"]["REDIS_URL"] == "redis://gateway:of-gateway@redis.example:6379/0"
    assert made["web"]["CELERY_BROKER_URL"] == "redis://inspector:of-inspector@redis.example:6379/1"
    assert scaler == {"address": "redis.example:6379", "username": "scaler", "password": "of-scaler"}


def test_the_kustomization_on_the_page_builds(tmp_path: Path) -> None:
    """Given the page's kustomization on top of ours, then its setting and its certificate reach every pod."""
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "kustomization.yaml").write_text(block)
    (tmp_path / "authority.crt").write_text("a certificate")
    (tmp_path / "live-leaderboards").symlink_to(CHECKOUT)

    made = build(tmp_path)

    maps = {each["metadata"]["name"]: each["data"] for each in made if each["kind"] == "ConfigMap"}
    for deployment in (each for each in made if each["kind"] == "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        (only,) = spec["containers"]
        settings = maps[only["envFrom"][0]["configMapRef"]["name"]]
        assert settings == settings_given() | {"MARKET_CLOCK": "events"}
        assert maps[spec["volumes"][-1]["configMap"]["name"]] == {"authority.crt": "a certificate"}
        assert only["volumeMounts"][-1]["mountPath"] == "/certificates"


# --- probes


@pytest.mark.parametrize("name", BEATING)
def test_parts_that_nobody_calls_are_probed_by_their_heartbeat(name: str) -> None:
    command = ["python", "-m", heartbeat.__name__]
    probed = container(name)
    # Nobody calls the recorder or the notifier, so nobody asks whether they are ready.
    kinds = ("startup", "readiness", "liveness") if name in WORKERS else ("startup", "liveness")

    assert {key: probe["exec"]["command"] for key, probe in probed.items() if key.endswith("Probe")} == {
        f"{kind}Probe": command for kind in kinds
    }
    assert environment(name)["HEARTBEAT_FILE"].startswith(probed["volumeMounts"][0]["mountPath"])


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_pod_is_probed(name: str) -> None:
    """Given a pod, then it is probed, and by HTTP only at a port that it has."""
    probes = {key: value for key, value in container(name).items() if key.endswith("Probe")}
    ports = {port["name"] for port in container(name).get("ports", [])}

    assert {"startupProbe", "livenessProbe"} <= probes.keys()
    assert {probe["httpGet"]["port"] for probe in probes.values() if "httpGet" in probe} <= ports
