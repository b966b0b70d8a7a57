"""Passwords and keys: no process logs, prints or serves one."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from redis import Redis

from config.settings import Settings, settings
from deploy.redis_server import RedisServer, free_port
from tests.support.alerts import alert, fire
from tests.support.processes import Processes
from tests.support.waiting import eventually

BOARDS, BROKER, KEY, LOGIN, MARKET, TELEMETRY, SERVICE = SECRETS = (
    "boards-pw-7f3a",
    "broker-pw-91c2",
    "gateway-key-5d8e",
    "flower-pw-c04b",
    "market-key-2e6d",
    "otel-token-a817",
    "service-pw-3b9c",
)


def _environment(port: int, boards: str = BOARDS, broker: str = BROKER) -> dict[str, str]:
    return {
        "REDIS_URL": f"redis://reader:{boards}@127.0.0.1:{port}/0",
        "CELERY_BROKER_URL": f"redis://sender:{broker}@127.0.0.1:{port}/1",
        "GATEWAY_API_KEY": KEY,
        "FLOWER_BASIC_AUTH": f"user:{LOGIN}",
        "MASSIVE_API_KEY": MARKET,
        "MASSIVE_REST_URL": f"http://127.0.0.1:{free_port()}",
        "MASSIVE_SOCKET_URL": f"ws://127.0.0.1:{free_port()}",
        "ALERT_URLS": f"json://user:{SERVICE}@127.0.0.1:{free_port()}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={TELEMETRY}",
        "LOG_LEVEL": "DEBUG",
    }


@pytest.fixture
def guarded_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that asks for a password: one user for each role."""
    server = RedisServer(tmp_path / "redis").start()
    with Redis(port=server.port) as admin:
        admin.execute_command("ACL", "SETUSER", "reader", "on", f">{BOARDS}", "~*", "&*", "+@all")
        admin.execute_command("ACL", "SETUSER", "sender", "on", f">{BROKER}", "~*", "&*", "+@all")
    yield server
    server.stop()


def _assert_silent(text: str, what: str) -> None:
    shown = [secret for secret in SECRETS if secret in text]
    assert not shown, f"{what} shows {shown}"


def _start_all(processes: Processes, web: int, flower: int) -> tuple[str, ...]:
    processes.start("worker", "celery", "-A", "tasks", "worker", "-Q", "aggs,clock", "--pool", "solo")
    processes.start("beat", "celery", "-A", "tasks", "beat")
    processes.start("flower", "celery", "-A", "tasks", "flower", f"--port={flower}", "--address=127.0.0.1")
    processes.start("gateway", "watch", "serve", "--port", str(web))
    processes.start("notifier", "watch", "notify")
    return "worker", "beat", "flower", "gateway", "notifier"


def test_no_process_shows_a_secret_while_all_is_well(guarded_redis: RedisServer, tmp_path: Path) -> None:
    # Given every process with a secret in each setting that can hold one, and servers that answer
    web, flower = free_port(), free_port()
    processes = Processes(tmp_path, **_environment(guarded_redis.port))
    try:
        names = _start_all(processes, web, flower)
        processes.await_log("worker", " ready.")
        # Among them a notifier whose service is away
        processes.await_log("notifier", "from now on")
        with Redis(port=guarded_redis.port, username="reader", password=BOARDS) as boards:
            fire(boards, alert(at=round(time.time() * 1000)))
        processes.await_log("notifier", "alerts cannot be sent to 1 JSON")
        for name, port in (("flower", flower), ("gateway", web)):
            eventually(lambda port=port: _answers(port), what=f"{name} on {port}")  # type: ignore[misc]

        # Then nothing that they tell whoever asks holds one
        for action in ("stats", "conf", "report"):
            told = processes.run("celery", "-A", "tasks", "inspect", action, "--timeout", "10")
            assert told.returncode == 0, told.stderr
            _assert_silent(told.stdout + told.stderr, f"inspect {action}")
        login = httpx.BasicAuth("user", LOGIN)
        (worker,) = httpx.get(f"http://127.0.0.1:{flower}/api/workers?refresh=1", auth=login, timeout=60).json()
        for page in ("/workers", f"/worker/{worker}", "/broker", "/api/workers", "/metrics"):
            answer = httpx.get(f"http://127.0.0.1:{flower}{page}", auth=login, timeout=60)
            assert answer.status_code == 200, page
            _assert_silent(answer.text, f"Flower's {page}")
        for page in ("/", "/healthz", "/metrics", "/api/status", "/openapi.json"):
            answer = httpx.get(f"http://127.0.0.1:{web}{page}", headers={"X-API-Key": KEY}, timeout=60)
            _assert_silent(answer.text, f"the gateway's {page}")
    finally:
        processes.stop()

    # Nor what they log, at the finest level
    for name in names:
        _assert_silent(processes.log(name), name)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=10).status_code < 500
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("trouble", ["unreachable", "refused"])
def test_no_process_shows_a_secret_in_trouble(guarded_redis: RedisServer, tmp_path: Path, trouble: str) -> None:
    # Given a server that is not there, or that refuses the passwords
    wrong = {"boards": f"{BOARDS}-wrong", "broker": f"{BROKER}-wrong"}
    environment = (
        _environment(free_port()) if trouble == "unreachable" else _environment(guarded_redis.port, **wrong)
    )
    processes = Processes(tmp_path, **environment)
    try:
        # When everything is started
        names = _start_all(processes, free_port(), free_port())
        said = "trying again" if trouble == "unreachable" else "refuses the user or the password of REDIS_URL"
        processes.await_log("gateway", said)
        processes.await_log("worker", "Trying again in")
        commands = (
            ["watch", "top"],
            ["tasks", "dead", "list"],
            ["feeds", "synthetic", "--symbols", "5", "--rate", "1"],
        )
        for command in commands:
            ended = processes.run(*command)
            assert ended.returncode != 0

            # Then the commands say what is wrong
            complaint = "invalid username-password" if trouble == "refused" else "refused"
            assert complaint in ended.stdout + ended.stderr
            _assert_silent(ended.stdout + ended.stderr, " ".join(command))
    finally:
        processes.stop()

    # And nobody shows a password
    for name in names:
        _assert_silent(processes.log(name), name)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "redis://u:SECRET@h/x"),
        ("REDIS_URL", "redis://u:SECRET@h:port/0"),
        ("REDIS_URL", "redis://u:SECRET#x@h/0"),
        ("REDIS_URL", "SECRET"),
        ("CELERY_BROKER_URL", "redis://u:SECRET@h/0?password=SECRET&x=SECRET"),
        ("CELERY_BROKER_URL", "redis://u:SECRET@h/0?socket_timeout=SECRET"),
        ("REDIS_URL", "redis://h/0?password=SECRET"),
        ("REDIS_URL", "rediss://u:SECRET@h/0?ssl_ca_certs=/SECRET"),
        ("REDIS_URL", "redis://:SECRET\u2100@h/0"),
        ("REDIS_URL", "redis://:SECRET@[::1/0"),
        ("REDIS_URL", "rediss://u:SECRET@h/0?ssl_cert_reqs=x"),
        ("REDIS_URL", "redis://u:SECRET@h/0?protocol=9"),
        ("REDIS_URL", "sentinel://:SECRET\u2100@h/0"),
        ("REDIS_URL", "sentinel://u:SECRET@h/x"),
        ("REDIS_URL", "sentinel://u:SECRET@h/0"),
        ("REDIS_URL", "sentinel://u:SECRET@h/0?ssl_ca_certs=/SECRET"),
        ("REDIS_URL", "sentinel://u:SECRET@h/0?password=SECRET"),
        ("CELERY_BROKER_URL", "rediss://h/1?ssl_password=SECRET"),
        ("CELERY_BROKER_URL", "sentinel://h/1?ssl_password=SECRET"),
        ("CELERY_BROKER_URL", "sentinel://h;sentinel://u:SECRET@h"),
        ("CELERY_BROKER_URL", "amqp://u:SECRET@h/0"),
        ("MASSIVE_API_KEY", "SECRET and more"),
        ("ALERT_URLS", "SECRET"),
        ("ALERT_URLS", "json://host /SECRET"),
        ("MASSIVE_REST_URL", "ftp://SECRET@h"),
        ("MASSIVE_REST_URL", "https://u:SECRET@h"),
        ("MASSIVE_SOCKET_URL", "wss://u:SECRET@h"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            settings()
    finally:
        monkeypatch.undo()
        settings.cache_clear()

    assert variable in str(ended.value)
    assert "SECRET" not in str(ended.value)


@pytest.mark.parametrize("url", [f"sentinel://u:{BOARDS}", f"sentinel://h:1/0;sentinel://u:{BOARDS}"])
def test_sentinels_without_a_host_show_no_password(url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(redis_url=url, redis_master="boards")

    (error,) = raised.value.errors()
    assert "is not like sentinel://host:26379" in error["msg"]
    _assert_silent(error["msg"], "the sentence")


def test_settings_do_not_show_secrets() -> None:
    held = Settings(
        redis_url=f"redis://u:{BOARDS}@h/0",
        celery_broker_url=f"redis://u:{BROKER}@h/1",
        gateway_api_key=KEY,
        massive_api_key=MARKET,
        alert_urls=(f"json://user:{SERVICE}@host",),
    )

    for shown in (repr(held), str(held), f"{held}"):
        _assert_silent(shown, "settings")
