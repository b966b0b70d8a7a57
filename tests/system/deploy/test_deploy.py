"""The container files and the Procfile agree with the code, with each other and with the Compose specification."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from celery.beat import NODENAME_DEFAULT  # type: ignore[attr-defined]
from celery.bin.celery import celery
from flower.options import default_options  # type: ignore[import-untyped]
from honcho.environ import parse_procfile  # type: ignore[import-untyped]
from redis import Redis
from redis.exceptions import OutOfMemoryError
from ruamel.yaml import YAML
from typer.testing import CliRunner

from config import heartbeat
from config.celery import AGGS, CLOCK, REFERENCE, configuration
from config.settings import Settings
from deploy.redis_server import RedisServer
from tests.support.checkout import CHECKOUT
from tests.support.processes import Processes
from tests.support.waiting import eventually
from watch.__main__ import app as watch

COMPOSE_FILE = CHECKOUT / "docker-compose.yml"

COMPOSE: dict[str, Any] = YAML(typ="safe").load(COMPOSE_FILE)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PYTHON = {name: service for name, service in SERVICES.items() if "build" in service}
SERVERS = ("flower", "web")
WORKERS = ("worker", "clock")
#: Those whose health check is the file that they keep fresh.
BEATING = (*WORKERS, "recorder", "notifier")
PINGED = ["beat"]
PROCESSES: dict[str, str] = parse_procfile((CHECKOUT / "Procfile").read_text()).processes

ALL_COMMANDS = [*PROCESSES.values(), *(service["command"] for service in PYTHON.values())]
COMMANDS = [command for command in ALL_COMMANDS if command.startswith("celery ")]
GATEWAYS = [command for command in ALL_COMMANDS if command.startswith("python -m watch ")]
PINGS = [PYTHON[name]["healthcheck"]["test"] for name in PINGED]

#: The Dockerfile's instructions, in order: ("FROM", "python:... AS build"), ...
INSTRUCTIONS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in (CHECKOUT / "Dockerfile").read_text().replace("\\\n", "").splitlines()
    if line and not line.startswith("#")
]


def arguments(instruction: str) -> list[str]:
    """What the Dockerfile gives to each instruction of this kind."""
    return [given for name, given in INSTRUCTIONS if name == instruction]


def validate(document: Path) -> subprocess.CompletedProcess[str]:
    """Check a document against the Compose specification's schema, as the installed package ships it."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*check, document], capture_output=True, text=True, timeout=60, check=False)


def options_of(command: str) -> dict[str, Any]:
    """The options of a command line of Celery's, by their parameters' names.

    Raises:
        click.NoSuchOption: Celery, or Flower, has no such option.
    """
    program, *words = shlex.split(command)
    assert program == "celery"
    options, (name, *words) = parse(celery, words)
    assert options == {"app": "tasks"}
    options, _ = parse(celery.commands[name], words)
    # Celery hands these on to Flower, which drops in silence those that it does not know.
    for option in options.get("tornado_argv", ()):
        if option.removeprefix("--").split("=")[0] not in default_options:
            raise click.NoSuchOption(option)
    return options


def parse(command: click.Command, words: list[str]) -> tuple[dict[str, Any], list[str]]:
    """A command's options and arguments by name, and the words it leaves to its subcommand."""
    context = click.Context(command, **command.context_settings)
    options, rest, _ = command.make_parser(context).parse_args(words)
    return options, rest


# --- the Compose file


def test_compose_file_follows_the_compose_specification() -> None:
    """Given docker-compose.yml, when it is checked against the specification's schema, then it is valid."""
    checked = validate(COMPOSE_FILE)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_broken_compose_file_is_refused(tmp_path: Path) -> None:
    """Given a misspelt key, when the document is checked, then it is refused, and the key is named."""
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE_FILE.read_text().replace("stop_grace_period:", "stop_grace_perod:"))

    checked = validate(broken)

    assert checked.returncode == 1
    assert "stop_grace_perod" in checked.stdout


def test_workers_can_be_scaled() -> None:
    """Given `--scale worker=4`, then no two workers claim the same container name, port or node name."""
    worker = SERVICES["worker"]

    assert not {"container_name", "hostname", "ports"} & worker.keys()
    assert options_of(worker["command"])["hostname"].endswith("@%h")


def test_redis_keeps_what_it_holds() -> None:
    """Given a Redis that restarts or whose memory is full, then it has lost neither bars nor boards."""
    redis = SERVICES["redis"]
    options = redis["command"][1:]

    assert dict(zip(options[::2], options[1::2], strict=True)) == {
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--auto-aof-rewrite-min-size": "1gb",
        "--save": "",
        "--maxmemory": "${REDIS_MAXMEMORY:-2gb}",
        "--maxmemory-policy": "noeviction",
    }
    volume, folder = redis["volumes"][0].split(":")
    assert folder == "/data"
    assert volume in COMPOSE["volumes"]


def test_redis_refuses_what_its_memory_does_not_hold(tmp_path: Path) -> None:
    """Given the Compose file's options, when memory is full, then Redis takes no more and forgets nothing."""
    options = [option.replace("${REDIS_MAXMEMORY:-2gb}", "8mb") for option in SERVICES["redis"]["command"][1:]]
    server = RedisServer(tmp_path, None, *options).start()
    try:
        client = Redis(port=server.port)
        taken = 0

        def send() -> None:
            nonlocal taken
            while taken < 1_000:
                client.lpush("aggs", bytes(100_000))
                taken += 1

        with pytest.raises(OutOfMemoryError):
            send()
        assert client.llen("aggs") == taken > 0
    finally:
        server.stop()


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_service_is_watched_and_restarted(service: dict[str, Any]) -> None:
    """Given a service that fails, then its health says so, and it is started again when it ends."""
    assert service["healthcheck"].keys() == {"test", "interval", "timeout", "start_period", "retries"}
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_no_service_is_reached_from_other_machines(service: dict[str, Any]) -> None:
    """Given the ports a service publishes, then all are this machine's own."""
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("service", PYTHON.values(), ids=PYTHON)
def test_python_services_can_do_no_more_than_they_need(service: dict[str, Any]) -> None:
    """Given a Python service, then it is not root, has no capability, gains none, and writes to /tmp only.

    The recorder also writes to the volume of history.
    """
    assert service["user"] == arguments("USER")[-1]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    written = {volume for volume in service.get("volumes", []) if not volume.endswith(":ro")}
    assert written == ({"history:/history"} if service is PYTHON["recorder"] else set())


def test_redis_can_do_no_more_than_it_needs() -> None:
    """Given Redis, then it is not root, has no capability, gains none, and writes to its volume only."""
    redis = SERVICES["redis"]

    assert redis["user"] == "redis"
    assert redis["read_only"] is True
    assert redis["cap_drop"] == ["ALL"]
    assert redis["security_opt"] == ["no-new-privileges:true"]
    assert "tmpfs" not in redis
    assert len(redis["volumes"]) == 1


@pytest.mark.parametrize("service", PYTHON.values(), ids=PYTHON)
def test_python_services_start_after_redis_and_end_warmly(service: dict[str, Any]) -> None:
    """Given a Python service, then it waits for Redis, is sent signals as it should, and has time to finish."""
    assert service["depends_on"] == {"redis": {"condition": "service_healthy"}}
    assert service["init"] is True
    assert service["stop_grace_period"] == "60s"


def test_every_setting_reaches_a_container() -> None:
    """Given a setting of the program, then the Compose file passes it on, and passes on nothing misspelt."""
    passed = {name for service in PYTHON.values() for name in service["environment"]}
    ours = {name.upper() for name in Settings.model_fields}

    assert ours <= passed
    assert all(name.startswith(("OTEL_", "FLOWER_")) for name in passed - ours)


@pytest.mark.parametrize(
    ("variable", "owners"),
    [
        ("MASSIVE_API_KEY", {"clock", "feed"}),
        ("REFERENCE_FILE", {"clock"}),
        ("SCREENS_FILE", {"clock"}),
        ("ALERTS_FILE", {"clock"}),
        ("GATEWAY_API_KEY", {"web"}),
        ("FLOWER_BASIC_AUTH", {"flower"}),
        ("HEARTBEAT_FILE", set(BEATING)),
        ("HISTORY_DIR", {"recorder", "web"}),
        ("ALERT_URLS", {"notifier"}),
    ],
)
def test_containers_have_no_secret_of_another(variable: str, owners: set[str]) -> None:
    """Given a secret, or what is of one part, then only the containers that need it are given it."""
    assert {name for name, service in PYTHON.items() if variable in service["environment"]} == owners


def test_flower_asks_for_a_login() -> None:
    """Given no login to ask for, then Compose refuses to start; and Flower knows the variables it is given."""
    environment = SERVICES["flower"]["environment"]
    ours = {name.upper() for name in Settings.model_fields}
    variables = [name for name in environment if name.startswith("FLOWER_") and name not in ours]

    assert environment["FLOWER_BASIC_AUTH"].startswith("${FLOWER_BASIC_AUTH:?")
    assert all(name.removeprefix("FLOWER_").lower() in default_options for name in variables)


# --- commands


@pytest.mark.parametrize("command", COMMANDS + PINGS)
def test_every_option_exists(command: str) -> None:
    """Given a command of the Procfile or the Compose file, then Celery knows each of its options."""
    options_of(command)


@pytest.mark.parametrize(
    "command", ["celery -A tasks worker --concurency 3", "celery -A tasks flower --adress=127.0.0.1"]
)
def test_misspelt_option_is_noticed(command: str) -> None:
    """Given an option that does not exist, when it is looked up, then that fails."""
    with pytest.raises(click.NoSuchOption):
        options_of(command)


def test_every_queue_is_consumed() -> None:
    """Given the queues of all processes, then each of the configured ones is among them once, and no other."""
    consumed = [
        queue
        for command in PROCESSES.values()
        if command in COMMANDS
        for queue in options_of(command).get("queues", "").split(",")
        if queue
    ]

    assert sorted(consumed) == sorted([AGGS, CLOCK, REFERENCE])


@pytest.mark.parametrize("name", [*BEATING, *PINGED])
def test_containers_run_what_the_procfile_says(name: str) -> None:
    """Given a process of the Procfile, then its container runs the same command."""
    assert PYTHON[name]["command"] == PROCESSES[name]


@pytest.mark.parametrize(("name", "variable"), [("flower", "FLOWER_ADDRESS"), ("web", "GATEWAY_ADDRESS")])
def test_web_servers_differ_by_where_they_listen(name: str, variable: str) -> None:
    """Given a web server, then it listens on its machine only, and in a container on what that publishes."""
    assert PROCESSES.keys() == PYTHON.keys() - {"feed", "market"}
    in_container = PROCESSES[name].replace(f"${{{variable}:-127.0.0.1}}", "0.0.0.0")
    assert PYTHON[name]["command"] == in_container


@pytest.mark.parametrize("command", GATEWAYS)
def test_the_gateways_options_exist(command: str) -> None:
    """Given the gateway's command, then the project has this command and its options."""
    python, module, package, *words = shlex.split(command)
    assert (python, module, package) == ("python", "-m", "watch")

    # The help is shown only where all else is understood.
    assert CliRunner().invoke(watch, [*words, "--help"]).exit_code == 0
    assert CliRunner().invoke(watch, [*words, "--hots", "::1", "--help"]).exit_code != 0


def test_the_gateway_asks_for_a_key() -> None:
    """Given no key to ask for, then Compose refuses to start."""
    assert SERVICES["web"]["environment"]["GATEWAY_API_KEY"].startswith("${GATEWAY_API_KEY:?")


@pytest.mark.parametrize("name", PINGED)
def test_health_check_pings_its_own_container(name: str) -> None:
    """Given a process that answers pings, then its health check asks for the name that the process goes by."""
    service = PYTHON[name]
    node = options_of(service["command"]).get("hostname", f"{NODENAME_DEFAULT}@%h")

    ping = options_of(service["healthcheck"]["test"])

    assert ping["destination"] == node.replace("%h", "$$(uname -n)")


@pytest.mark.parametrize("name", BEATING)
def test_health_check_is_the_heartbeat(name: str) -> None:
    """Given a container that keeps a file fresh, then its health check probes that."""
    service = PYTHON[name]

    assert service["healthcheck"]["test"] == f"python -m {heartbeat.__name__}"
    assert service["environment"]["HEARTBEAT_FILE"].startswith(service["tmpfs"][0])


def test_health_check_of_beat_knows_its_name(processes: Processes) -> None:
    """Given beat, when its check runs without HOSTNAME, then it is well."""
    processes.beat("beat")
    bare = {name: value for name, value in os.environ.items() if name != "HOSTNAME"}
    bare["PATH"] = f"{Path(sys.executable).parent}:{bare['PATH']}"
    check = PYTHON["beat"]["healthcheck"]["test"].replace("$$", "$")

    def answers() -> bool:
        command = ["sh", "-c", check]
        run = subprocess.run(command, cwd=CHECKOUT, env=bare, capture_output=True, timeout=60, check=False)
        return run.returncode == 0

    eventually(answers)


def test_beat_answers_pings() -> None:
    """Given beat's health check, then beat is configured to answer it, and to be silent when it has stalled."""
    settings = Settings()
    configured = configuration(settings)

    assert configured["beat_enable_remote_control"] is True
    # Celery's own limit would be ten minutes.
    assert settings.publish_interval < configured["beat_remote_control_max_tick_age"] <= 120


# --- the image


def test_base_images_are_pinned() -> None:
    """Given the images the Dockerfile builds on, then each names a version."""
    assert all(re.fullmatch(r"python:3\.\d+-slim( AS \w+)?", image) for image in arguments("FROM"))


def test_image_is_not_root() -> None:
    """Given the image's user, then it is a number other than root's."""
    user, group = arguments("USER")[-1].split(":")

    assert int(user) > 0
    assert int(group) > 0


def test_image_installs_only_what_the_lock_names() -> None:
    """Given the packages of the image, then each comes from the lock, with its hash."""
    install = next(command for command in arguments("RUN") if "pip" in command)

    assert {"--require-hashes", "--requirement", "/requirements.lock"} <= set(install.split())


def test_image_holds_every_package_and_nothing_else() -> None:
    """Given the project's packages, then the Dockerfile copies each, and its context holds nothing more."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    copied = {copy.split()[0] for copy in arguments("COPY") if not copy.startswith("--from")}
    ignored, *kept = (line for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line[0] != "#")

    assert copied == {*packages, "requirements.lock"}
    assert ignored == "*"
    assert {name.removeprefix("!") for name in kept if name.startswith("!")} == copied


def test_image_names_its_version() -> None:
    """Given the project's version, then the image is labelled with it."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]

    (labels,) = arguments("LABEL")
    labelled = dict(label.split("=", 1) for label in shlex.split(labels))

    assert labelled["org.opencontainers.image.title"] == project["name"]
    assert labelled["org.opencontainers.image.version"] == project["version"]


def test_image_runs_a_worker_that_is_sent_signals() -> None:
    """Given the image as it is, when it is run, then a worker starts, with no shell before it."""
    assert json.loads(arguments("CMD")[-1]) == shlex.split(PROCESSES["worker"])
    assert arguments("STOPSIGNAL") == ["SIGTERM"]
