"""The Secrets that the commands of the page about Kubernetes make."""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from deploy.acl import USERS
from tests.support.checkout import CHECKOUT

#: In kubectl's place: the Secret's name, then its entries.
_KUBECTL = """
kubectl() {
    [ "${*:1:5}" = "-n leaderboards create secret generic" ] && shift 5 && printf '%s\\t' "$@" && echo
}
HOST=redis.example MASSIVE_API_KEY=a-key ALERT_URLS=ntfy://topic
"""


@cache
def secrets() -> dict[str, dict[str, str]]:
    """Their entries, by the Secrets' names; the password of a user is ``of-`` and its name."""
    document = (CHECKOUT / "docs" / "operations" / "kubernetes.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", document, re.DOTALL)
    commands = [block for block in blocks if "create secret" in block]
    with tempfile.TemporaryDirectory() as folder:
        passwords = "".join(f"REDIS_PASSWORD_{user.upper()}=of-{user}\n" for user in USERS)
        Path(folder, "passwords").write_text(passwords)
        script = "\n".join([_KUBECTL, *commands])
        command = ["bash", "-euc", script]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=20)
    made = {}
    for line in run.stdout.splitlines():
        name, *literals = line.rstrip("\t").split("\t")
        made[name] = dict(literal.removeprefix("--from-literal=").split("=", 1) for literal in literals)
    return made
