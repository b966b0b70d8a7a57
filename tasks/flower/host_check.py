"""Has Flower answer only requests for its own host names, against DNS rebinding.

An attacker's host name can resolve to this machine. A browser then lets the attacker's page read Flower's answers.
"""

from typing import Any

import flower.app as flower_app  # type: ignore[import-untyped]
from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

from config.loopback import is_loopback
from config.settings import settings


def check_hosts(options: Any) -> None:
    """Have Flower answer 421 to requests for other hosts.

    Args:
        options: Flower's.
    """
    find = flower_app.Flower.find_handler

    def find_or_refuse(self: Any, request: HTTPServerRequest, **kwargs: Any) -> Any:
        if is_allowed_host(request, options):
            return find(self, request, **kwargs)
        return self.get_handler_delegate(request, _Misdirected)

    flower_app.Flower.find_handler = find_or_refuse


def is_allowed_host(request: HTTPServerRequest, options: Any) -> bool:
    """Whether Flower answers a request for this host.

    With a login and without ``FLOWER_HOSTS`` any host is allowed: browsers send a login to no other host.
    """
    host, hosts = request.host_name.strip("[]"), settings().flower_hosts
    health = "/".join(["", *filter(None, [(options.url_prefix or "").strip("/"), "healthcheck"])])
    if request.path == health or (not hosts and (options.auth or options.basic_auth)):
        # Kubernetes probes request the address of a pod. The health check reveals nothing.
        return True
    return is_loopback(host) or host in hosts or host == (options.address or "").strip("[]").lower()


class _Misdirected(RequestHandler):
    """The answer to a request for another host."""

    def prepare(self) -> None:
        self.set_status(421)
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"Flower does not answer to the name {self.request.host_name!r:.80}; see FLOWER_HOSTS.\n")
