"""The gateway's settings: what is refused at the start."""

import re

import pytest
from typer.testing import CliRunner

from config.loopback import is_loopback
from config.settings import Settings, settings
from tests.support.checkout import CHECKOUT
from watch.__main__ import app


@pytest.mark.parametrize("key", ["secret", "x" * 15])
def test_a_short_key_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", key)
    settings.cache_clear()
    try:
        with pytest.raises(SystemExit, match=r"GATEWAY_API_KEY: .*16 characters; openssl rand -hex 24") as refused:
            settings()
        assert key not in str(refused.value)
        monkeypatch.setenv("GATEWAY_API_KEY", "x" * 16)
        assert settings().gateway_api_key
    finally:
        settings.cache_clear()


@pytest.mark.parametrize("key", ["of two lines\nof which one", "ключ" * 4, "a blank at its end "])
def test_a_key_that_no_header_can_hold_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", key)
    settings.cache_clear()
    try:
        with pytest.raises(
            SystemExit, match=r"^Wrong setting GATEWAY_API_KEY: it is ASCII in one line"
        ) as refused:
            settings()
        assert key not in str(refused.value)
    finally:
        settings.cache_clear()


def test_no_document_gives_a_key_to_copy() -> None:
    manifests = [CHECKOUT / "docker-compose.yml", *CHECKOUT.glob("deploy/kubernetes/**/*.yaml")]
    files = [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *manifests]
    for file in files:
        assert not re.search(r"GATEWAY_API_KEY=(?!\$\(openssl rand -hex 24\))", file.read_text()), file


@pytest.mark.parametrize("proxies", ["10.0.0.0/99", "proxy.example", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(proxies: str) -> None:
    with pytest.raises(ValueError, match="addresses or networks"):
        Settings(gateway_proxies=proxies)


@pytest.mark.parametrize("origins", ["boards.example", "https://", "https://boards.example/page", "*"])
def test_what_is_no_origin_is_refused(origins: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        Settings(gateway_origins=origins)


def test_the_network_is_not_served_without_a_key() -> None:
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])

    assert result.exit_code == 1
    assert "GATEWAY_API_KEY" in result.output


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_loopback_is_distinguished_from_the_network(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
