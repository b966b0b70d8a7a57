"""The manifests follow the schemas of Kubernetes, KEDA and Prometheus Operator, and kustomize builds them."""

import copy
import json
import re
import shutil
import subprocess
from functools import cache
from importlib import import_module
from os.path import relpath
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from tests.support.kubernetes.manifests import (
    COMPONENTS,
    FOLDER,
    Manifest,
    kustomization,
    manifests,
    objects_of,
    of_kind,
)

#: Where the models are, each made from the project's own schemas.
MODELS = {
    "ConfigMap": "cloudcoil.models.kubernetes.core.v1",
    "Deployment": "cloudcoil.models.kubernetes.apps.v1",
    "Namespace": "cloudcoil.models.kubernetes.core.v1",
    "NetworkPolicy": "cloudcoil.models.kubernetes.networking.v1",
    "PersistentVolumeClaim": "cloudcoil.models.kubernetes.core.v1",
    "PodDisruptionBudget": "cloudcoil.models.kubernetes.policy.v1",
    "PodMonitor": "cloudcoil.models.prometheus_operator.v1",
    "PrometheusRule": "cloudcoil.models.prometheus_operator.v1",
    "ScaledObject": "cloudcoil.models.keda.v1alpha1",
    "Service": "cloudcoil.models.kubernetes.core.v1",
    "TriggerAuthentication": "cloudcoil.models.keda.v1alpha1",
}
NAMES = sorted(path.parent.name for path in COMPONENTS.glob("*/kustomization.yaml"))
#: But for those that are in another's place.
ALL = tuple(name for name in NAMES if name not in ("autoscaling-sentinel", "history-shared"))
#: Kinds that a cluster knows only once KEDA or Prometheus Operator is installed.
INSTALLED = {kind for kind, module in MODELS.items() if ".kubernetes." not in module}
#: Of an object's name in DNS.
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def validate(manifest: Manifest) -> None:
    """Check a manifest against its schema, which knows all fields that there are.

    Raises:
        ValidationError: what is wrong, by its place.
    """
    # As JSON, whose strings may be members of an enum, though a number may not be a string.
    _adapter(manifest["kind"]).validate_json(json.dumps(manifest), extra="forbid", strict=True)


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    # Imported here, for they take seconds to load.
    return TypeAdapter(getattr(import_module(MODELS[kind]), kind))


def build(folder: Path) -> list[Manifest]:
    """The objects that kustomize makes of a folder."""
    if kubectl := shutil.which("kubectl"):
        command = [kubectl, "kustomize"]
    elif kustomize := shutil.which("kustomize"):
        command = [kustomize, "build"]
    else:
        pytest.skip("neither kubectl nor kustomize is installed")
    run = subprocess.run([*command, str(folder)], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return list(YAML(typ="safe").load_all(run.stdout))


def chosen(tmp_path: Path, names: tuple[str, ...]) -> Path:
    """A folder whose kustomization is the base with some components."""
    components = [relpath(COMPONENTS / name, tmp_path) for name in names]
    namespace = kustomization(FOLDER)["namespace"]
    made = {"namespace": namespace, "resources": [relpath(FOLDER / "base", tmp_path)], "components": components}
    (tmp_path / "kustomization.yaml").write_text(json.dumps(made))
    return tmp_path


def key(manifest: Manifest) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]


# --- the schemas


def errors(manifest: Manifest) -> str:
    try:
        validate(manifest)
    except ValidationError as error:
        return str(error)
    return ""


def broken(kind: str, name: str, place: str, value: Any) -> Manifest:
    """A copy of a manifest with another value at a place of its spec."""
    manifest = copy.deepcopy(of_kind(kind)[name])
    *path, last = place.split(".")
    within = manifest["spec"]
    for step in path:
        within = within[int(step) if step.isdecimal() else step]
    within[last] = value
    return manifest


@pytest.mark.slow
def test_manifests_follow_the_schemas() -> None:
    """Given all objects, then their schemas find nothing wrong; they would find a wrong key or type."""
    # In one test, for the schemas take seconds to load.
    assert {key(each): wrong for each in manifests() if (wrong := errors(each))} == {}

    assert "spec.replica\n  Extra inputs" in errors(broken("Deployment", "web", "replica", 1))
    assert "spec.policyType\n  Extra inputs" in errors(broken("NetworkPolicy", "to-web", "policyType", []))
    assert "spec.podMetricEndpoints\n  Extra" in errors(broken("PodMonitor", "web", "podMetricEndpoints", []))
    assert "spec.pollInterval\n  Extra inputs" in errors(broken("ScaledObject", "worker", "pollInterval", 1))
    # A number, which the API server would refuse in a string's place
    length = "triggers.0.metadata.listLength"
    assert f"spec.{length}\n  Input should be a valid string" in errors(
        broken("ScaledObject", "worker", length, 5)
    )


def test_names_are_names_of_dns() -> None:
    assert [name for _, name in map(key, manifests()) if not NAME.fullmatch(name)] == []


# --- kustomize


def test_every_file_is_applied() -> None:
    """Given the files, then each is named by the kustomization of its folder."""
    for folder in (FOLDER / "base", *(COMPONENTS / name for name in NAMES)):
        files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        assert set(kustomization(folder).get("resources", [])) == files, folder


def test_what_is_applied_as_it_stands_needs_nothing_installed() -> None:
    """Given the kustomization as it stands, when it is built, then any cluster knows what it makes."""
    made = build(FOLDER)

    assert {each["kind"] for each in made} & INSTALLED == set()
    assert ("Deployment", "worker") in map(key, made)
    assert ("NetworkPolicy", "default-deny") in map(key, made)


def test_every_component_is_offered() -> None:
    text = (FOLDER / "kustomization.yaml").read_text()

    assert set(re.findall(r"components/([a-z-]+)", text)) == set(NAMES)


@pytest.mark.parametrize(
    "names",
    [*((name,) for name in NAMES), ALL],
    ids="+".join,
)
def test_kustomize_builds_any_choice(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Given a choice of components, when kustomize builds it, then its objects are those of the files."""
    made = build(chosen(tmp_path, names))

    assert {each["metadata"].get("namespace") for each in made if each["kind"] != "Namespace"} == {"leaderboards"}
    expected = {key(each) for name in ("base", *names) for each in objects_of(name)}
    assert {key(each) for each in made if each["kind"] != "ConfigMap"} == expected


def test_a_changed_setting_restarts_the_pods(tmp_path: Path) -> None:
    """Given the ConfigMap's name with a digest of its content, then every pod's template changes with it."""
    made = build(chosen(tmp_path, ("feed",)))
    (name,) = (each["metadata"]["name"] for each in made if each["kind"] == "ConfigMap")

    assert re.fullmatch(r"leaderboards-[a-z0-9]{10}", name)
    for deployment in (each for each in made if each["kind"] == "Deployment"):
        (only,) = deployment["spec"]["template"]["spec"]["containers"]
        assert {"configMapRef": {"name": name}} in only["envFrom"]


@pytest.mark.parametrize("name", ["screens", "alerts"])
def test_clock_workers_find_what_is_declared_where_it_is_mounted(tmp_path: Path, name: str) -> None:
    made = build(chosen(tmp_path, (name,)))

    (clock,) = [each for each in made if key(each) == ("Deployment", "clock")]
    spec = clock["spec"]["template"]["spec"]
    (only,) = spec["containers"]
    (file,) = [Path(each["value"]) for each in only["env"] if each["name"] == f"{name.upper()}_FILE"]
    (mounted,) = [each for each in only["volumeMounts"] if each["mountPath"] == str(file.parent)]
    assert "subPath" not in mounted
    assert {"name": mounted["name"], "configMap": {"name": name}} in spec["volumes"]


def test_gateways_find_history_where_the_recorder_writes_it(tmp_path: Path) -> None:
    """Given a volume that several machines can mount, then gateways read what the recorder writes."""
    made = {key(each): each for each in build(chosen(tmp_path, ("history-shared",)))}

    assert made["PersistentVolumeClaim", "history"]["spec"]["accessModes"] == ["ReadWriteMany"]
    for name, read_only in (("recorder", False), ("web", True)):
        spec = made["Deployment", name]["spec"]["template"]["spec"]
        (only,) = spec["containers"]
        (folder,) = [each["value"] for each in only["env"] if each["name"] == "HISTORY_DIR"]
        (mounted,) = [each for each in only["volumeMounts"] if each["mountPath"] == folder]
        (volume,) = [each for each in spec["volumes"] if each["name"] == mounted["name"]]
        assert volume["persistentVolumeClaim"]["claimName"] == "history"
        assert mounted.get("readOnly", False) is read_only


def test_sentinels_lead_keda_too(tmp_path: Path) -> None:
    made = build(chosen(tmp_path, ("autoscaling-sentinel",)))
    (scaled,) = (each for each in made if each["kind"] == "ScaledObject")

    assert {trigger["type"] for trigger in scaled["spec"]["triggers"]} == {"redis-sentinel"}
