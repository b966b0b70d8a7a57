"""Which hosts Flower answers for."""

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from config.settings import Settings, settings
from tasks.flower.host_check import is_allowed_host


@pytest.mark.parametrize(
    ("hosts", "options", "host", "answered"),
    [
        ("", {"basic_auth": ["u:p"]}, "flower.example.com", True),
        ("", {"auth": "me@example.com"}, "flower.example.com", True),
        ("", {"address": "127.0.0.7"}, "127.0.0.7", True),
        ("", {"unix_socket": "/run/flower"}, "flower.example.com", False),
        ("Flower.example.com", {}, "flower.example.com:8443", True),
        ("flower.example.com, other.example.com", {}, "other.example.com", True),
        ("flower.example.com", {}, "localhost", True),
        ("flower.example.com", {"basic_auth": ["u:p"]}, "evil.example", False),
    ],
)
def test_the_setting_and_the_address_tell_which_hosts_are_allowed(
    monkeypatch: pytest.MonkeyPatch, hosts: str, options: dict[str, Any], host: str, answered: bool
) -> None:
    monkeypatch.setenv("FLOWER_HOSTS", hosts)
    settings.cache_clear()
    given = {"basic_auth": [], "auth": "", "address": "", "unix_socket": "", "url_prefix": ""} | options
    start_line = RequestStartLine("GET", "/", "HTTP/1.1")
    request = HTTPServerRequest(start_line=start_line, headers=HTTPHeaders({"Host": host}))

    assert is_allowed_host(request, SimpleNamespace(**given)) is answered
    settings.cache_clear()


@pytest.mark.parametrize("hosts", ["https://flower.example.com", "flower.example.com:5555", "a b"])
def test_invalid_hosts_are_refused_by_the_settings(hosts: str) -> None:
    with pytest.raises(ValidationError, match="is no name of a host"):
        Settings(flower_hosts=hosts)
