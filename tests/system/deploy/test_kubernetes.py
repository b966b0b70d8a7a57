"""The manifests for Kubernetes agree with its schemas and KEDA's, with the code and with the Procfile."""

import copy
import re
import shlex
import subprocess
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import Celery
from honcho.environ import parse_procfile  # type: ignore[import-untyped]
from kombu import Connection
from pydantic import SecretStr, TypeAdapter, ValidationError
from redis import Redis
from ruamel.yaml import YAML

from config import heartbeat
from config.celery import AGGS
from config.queue_depth import priority_lists, unacked, waiting
from config.settings import Settings, settings
from deploy.acl import USERS, GuardedServer
from tasks.autoscale.command import autoscale
from tasks.autoscale.policy import BARS_PER_WORKER, COOLDOWN
from tests.support.checkout import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "kubernetes"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
#: Where the models are: Kubernetes' made from its own schemas.
MODELS = {
    "ConfigMap": "lightkube.models.core_v1",
    "Deployment": "lightkube.models.apps_v1",
    "PodDisruptionBudget": "lightkube.models.policy_v1",
    "ScaledObject": "tests.support.keda",
    "Service": "lightkube.models.core_v1",
    "TriggerAuthentication": "tests.support.keda",
}
PROCESSES: dict[str, str] = parse_procfile((CHECKOUT / "Procfile").read_text()).processes
WORKERS = ("worker", "clock")


def documents(file: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load_all(FOLDER / file))


MANIFESTS = [document for file in FILES for document in documents(file)]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """The manifests of a kind by their names."""
    return {each["metadata"]["name"]: each for each in MANIFESTS if each["kind"] == kind}


DEPLOYMENTS = of_kind("Deployment")


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    return spec


def container(name: str) -> dict[str, Any]:
    (only,) = pod(name)["containers"]
    return dict(only)


def validate(manifest: dict[str, Any]) -> None:
    """Check a manifest against its schema, which knows all fields that there are.

    Raises:
        ValidationError: what is wrong, by its place.
    """
    _adapter(manifest["kind"]).validate_python(manifest, extra="forbid")


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    # Imported here, for they take a second to load.
    return TypeAdapter(getattr(import_module(MODELS[kind]), kind))


# --- the schemas


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda each: f"{each['kind']} {each['metadata']['name']}")
def test_manifests_follow_the_schemas(manifest: dict[str, Any]) -> None:
    validate(manifest)


@pytest.mark.parametrize(
    ("kind", "name", "misspelt"), [("Deployment", "web", "replica"), ("ScaledObject", "worker", "pollInterval")]
)
def test_a_broken_manifest_is_refused(kind: str, name: str, misspelt: str) -> None:
    """Given a misspelt key, when the manifest is checked, then it is refused, and the key is named."""
    broken = copy.deepcopy(of_kind(kind)[name])
    broken["spec"][misspelt] = 1

    with pytest.raises(ValidationError, match=f"spec.{misspelt}\n  (Extra inputs|Unexpected keyword)"):
        validate(broken)


def test_every_file_is_applied() -> None:
    (kustomization,) = documents("kustomization.yaml")

    assert sorted(kustomization["resources"]) == FILES


# --- what runs


def test_every_process_runs_as_the_procfile_says() -> None:
    """Given the processes of the Procfile, then each is a deployment, listening where the cluster reaches it."""
    commands = {name: re.sub(r"\$\{\w+_ADDRESS:-127\.0\.0\.1\}", "0.0.0.0", PROCESSES[name]) for name in PROCESSES}

    assert {name: container(name)["args"] for name in DEPLOYMENTS} == {
        name: shlex.split(command) for name, command in commands.items()
    }


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_finds_its_own_pods(name: str) -> None:
    spec = DEPLOYMENTS[name]["spec"]

    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"]["app.kubernetes.io/component"] == name


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_pods_can_do_no_more_than_they_need(name: str) -> None:
    """Given a pod, then it is not root, has no capability, gains none, writes to /tmp only, and has its bounds."""
    user = int(re.findall(r"^USER (\d+):", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)[-1])

    assert pod(name)["securityContext"] == {
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
    assert [mount["mountPath"] for mount in container(name)["volumeMounts"]] == ["/tmp"]
    assert container(name)["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container(name)["resources"]["limits"].keys() == {"memory"}
    assert pod(name)["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_an_update_takes_nothing_away_before_the_new_works(name: str) -> None:
    assert DEPLOYMENTS[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert pod(name)["terminationGracePeriodSeconds"] == 60


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS.keys() - {"flower"}))
def test_a_drain_leaves_all_but_one(name: str) -> None:
    budget = of_kind("PodDisruptionBudget")[name]["spec"]

    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == DEPLOYMENTS[name]["spec"]["selector"]


@pytest.mark.parametrize("name", of_kind("Service"))
def test_a_service_finds_its_port(name: str) -> None:
    service = of_kind("Service")[name]["spec"]
    (port,) = container(name)["ports"]

    assert service["selector"] == DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"]
    assert service["ports"] == [{"name": "http", "port": port["containerPort"], "targetPort": port["name"]}]


# --- settings


def test_no_secret_is_in_the_files() -> None:
    """Given the settings in the files, then each is one of the program's, of a right value, and none is secret."""
    given = of_kind("ConfigMap")["leaderboards"]["data"]

    assert "Secret" not in {each["kind"] for each in MANIFESTS}
    assert {name.lower() for name in given} <= Settings.model_fields.keys()
    assert not {
        name for name in given if SecretStr.__name__ in str(Settings.model_fields[name.lower()].annotation)
    }
    assert not {name for name in given if name.endswith("_URL")}
    Settings(**{name.lower(): value for name, value in given.items()})


def secrets() -> dict[str, dict[str, str]]:
    """What the commands in the head of kustomization.yaml make, by the Secrets' names."""
    head = (FOLDER / "kustomization.yaml").read_text().split("apiVersion")[0].splitlines()
    commands = "\n".join(line.removeprefix("#   ") for line in head if line.startswith("#   "))
    shown = "kubectl() { shift 3; echo $*; }\n" + commands
    run = subprocess.run(["bash", "-euc", shown], capture_output=True, text=True, check=True, timeout=20)
    made = {}
    for name, *literals in map(str.split, run.stdout.splitlines()):
        made[name] = dict(literal.removeprefix("--from-literal=").split("=", 1) for literal in literals)
    return made


def users(secret: dict[str, str]) -> list[str | None]:
    return [urlsplit(secret[name]).username for name in ("REDIS_URL", "CELERY_BROKER_URL")]


def test_every_part_has_a_secret_of_its_own() -> None:
    """Given the deployments, then each has its own Secret and no other's, and it is told how to make it."""
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

    assert {name: secret.keys() - {"REDIS_URL", "CELERY_BROKER_URL"} for name, secret in made.items()} == {
        "worker": set(),
        "clock": {"MASSIVE_API_KEY"},
        "beat": set(),
        "web": {"GATEWAY_API_KEY"},
        "flower": {"FLOWER_BASIC_AUTH"},
    }
    assert {name: users(secret) for name, secret in made.items()} == {
        "worker": ["worker", "worker"],
        "clock": ["clock", "clock"],
        "beat": ["beat", "beat"],
        "web": ["gateway", "inspector"],
        "flower": ["inspector", "inspector"],
    }
    (asked,) = of_kind("TriggerAuthentication").values()
    assert {each["name"] for each in asked["spec"]["secretTargetRef"]} == {"scaler"}
    assert [each["parameter"] for each in asked["spec"]["secretTargetRef"]] == list(scaler)
    assert scaler["username"] == "scaler"
    assert {user for secret in made.values() for user in users(secret)} <= set(USERS)


# --- probes


@pytest.mark.parametrize("name", WORKERS)
def test_workers_are_probed_by_what_they_take(name: str) -> None:
    command = ["python", "-m", heartbeat.__name__]
    probed = container(name)

    assert [probed[f"{kind}Probe"]["exec"]["command"] for kind in ("startup", "readiness", "liveness")] == [
        command
    ] * 3
    (path,) = (each["value"] for each in probed["env"] if each["name"] == "HEARTBEAT_FILE")
    assert path.startswith(probed["volumeMounts"][0]["mountPath"])


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_pod_is_probed(name: str) -> None:
    assert {"startupProbe", "livenessProbe"} <= container(name).keys()


# --- scaling


def test_keda_scales_by_the_policys_figures() -> None:
    spec = of_kind("ScaledObject")["worker"]["spec"]
    least, most, cooldown = autoscale.__defaults__ or ()
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]

    # As many workers, at least and at most, as on one machine
    assert spec["scaleTargetRef"]["name"] in DEPLOYMENTS
    assert "replicas" not in DEPLOYMENTS[spec["scaleTargetRef"]["name"]]["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (least, most)

    # One for each so many bars that wait or are held, at once
    modifiers = spec["advanced"]["scalingModifiers"]
    assert modifiers["formula"].split(" + ") == [trigger["name"] for trigger in spec["triggers"]]
    assert (modifiers["target"], modifiers["metricType"]) == (str(BARS_PER_WORKER), "AverageValue")
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behavior["scaleUp"]["policies"][0]["value"] >= most

    # And one less after the same cooldown
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == cooldown == COOLDOWN
    assert behavior["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": COOLDOWN}]


def test_keda_looks_where_the_bars_are(redis: Redis) -> None:
    """Given KEDA's triggers, then they read the lists and the record of what is held, in the broker's database."""
    spec = of_kind("ScaledObject")["worker"]["spec"]
    database = Settings.model_fields["celery_broker_url"].default.rpartition("/")[2]

    with Connection(settings().celery_broker_url) as connection, connection.channel() as channel:
        queues = priority_lists(channel, AGGS)
    assert [trigger["metadata"]["listName"] for trigger in spec["triggers"]] == [*queues, "unacked"]
    for trigger in spec["triggers"]:
        assert trigger["type"] == "redis"
        assert trigger["metadata"]["databaseIndex"] == database
        assert trigger["metadata"]["listLength"] == str(BARS_PER_WORKER)
        assert trigger["authenticationRef"]["name"] in of_kind("TriggerAuthentication")


#: What KEDA's scaler for Redis runs, pkg/scalers/redis_scaler.go.
KEDA_SCRIPT = """
    local listName = KEYS[1]
    local listType = redis.call('type', listName).ok
    local cmd = {
        zset = 'zcard',
        set = 'scard',
        list = 'llen',
        hash = 'hlen',
        none = 'llen'
    }

    return redis.call(cmd[listType], listName)
"""


def test_keda_sees_as_many_bars_as_metrics_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given bars of all priorities and some in a worker's hands, when KEDA looks as its user, then it sees all."""
    spec = of_kind("ScaledObject")["worker"]["spec"]
    server = GuardedServer(tmp_path)
    server.start()
    try:
        # Which Celery prefers to what it is given.
        monkeypatch.setenv("CELERY_BROKER_URL", server.url_of("producer", 1))
        client = Celery()
        for priority in (0, 3, 6, 9, 9, 9):
            client.send_task("tasks.process_agg", [{}], queue=AGGS, priority=priority)
        with Redis(port=server.port, db=1, username="operator", password="operator") as operator:
            operator.hset("unacked", mapping={"tag": "a bar", "other": "another"})
        scaler = Redis.from_url(server.url_of("scaler", 1), protocol=2)

        seen = {
            trigger["name"]: scaler.eval(KEDA_SCRIPT, 1, trigger["metadata"]["listName"])
            for trigger in spec["triggers"]
        }

        assert seen == {"waiting": 1, "waiting3": 1, "waiting6": 1, "waiting9": 3, "held": 2}
        with Connection(server.url_of("inspector", 1)) as connection, connection.channel() as channel:
            assert sum(map(int, seen.values())) == waiting(channel, AGGS) + unacked(channel)
    finally:
        server.stop()
