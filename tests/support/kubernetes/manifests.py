"""The manifests of deploy/kubernetes, with all components, as Python values."""

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.checkout import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "kubernetes"
COMPONENTS = FOLDER / "components"

Manifest = dict[str, Any]


def documents(file: Path) -> list[Manifest]:
    return list(YAML(typ="safe").load_all(file))


def kustomization(folder: Path) -> Manifest:
    (only,) = documents(folder / "kustomization.yaml")
    return only


@cache
def manifests() -> tuple[Manifest, ...]:
    """Every object, as its file has it: what kustomizations change about them is not done."""
    folders = [FOLDER / "base", *sorted(path.parent for path in COMPONENTS.glob("*/kustomization.yaml"))]
    return tuple(each for folder in folders for each in _objects_in(folder))


def objects_of(name: str) -> list[Manifest]:
    """Those of the base or of a component, with those of the components that it includes."""
    folder = FOLDER / name if name == "base" else COMPONENTS / name
    included = [objects_of((folder / each).resolve().name) for each in kustomization(folder).get("components", [])]
    return [*_objects_in(folder), *(each for objects in included for each in objects)]


def _objects_in(folder: Path) -> list[Manifest]:
    files = [folder / name for name in kustomization(folder).get("resources", [])]
    return [document for file in files for document in documents(file)]


def of_kind(kind: str) -> dict[str, Manifest]:
    """The objects of a kind by their names."""
    return {each["metadata"]["name"]: each for each in manifests() if each["kind"] == kind}


def settings_given() -> dict[str, str]:
    """What the ConfigMap of all parts is made from."""
    lines = (FOLDER / "base" / "settings.env").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def pod(deployment: str) -> Manifest:
    spec: Manifest = of_kind("Deployment")[deployment]["spec"]["template"]["spec"]
    return spec


def pod_labels(deployment: str) -> dict[str, str]:
    labels: dict[str, str] = of_kind("Deployment")[deployment]["spec"]["template"]["metadata"]["labels"]
    return labels


def container(deployment: str) -> Manifest:
    (only,) = pod(deployment)["containers"]
    return dict(only)
