"""Certificates for servers and clients on this machine, of an authority of our own."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from deploy.redis_server import executable

_OPENSSL = shutil.which("openssl")


def _speaks_tls() -> bool:
    linked = subprocess.run(["ldd", executable()], capture_output=True, text=True, check=False)
    return "libssl" in linked.stdout


#: Mark of a test that makes certificates.
made = pytest.mark.skipif(_OPENSSL is None, reason="it takes openssl")
#: Mark of a test whose servers use them.
needed = pytest.mark.skipif(
    _OPENSSL is None or not _speaks_tls(), reason="it takes openssl, and a Redis that was built with TLS"
)


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([_OPENSSL or "", *arguments], cwd=folder, check=True, capture_output=True)


def authority(folder: Path, name: str) -> Path:
    """A new authority: ``NAME.crt`` and ``NAME.key`` in the folder; the path of the first."""
    request = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
    _openssl(folder, *request.split())
    return folder / f"{name}.crt"


def certificate(folder: Path, name: str) -> None:
    """A certificate and its key, ``NAME.crt`` and ``NAME.key``, by the authority "authority" of the folder."""
    request = f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
    _openssl(folder, *request.split())
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signing = f"x509 -req -in {name}.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2"
    _openssl(folder, *signing.split(), "-extfile", "names", "-out", f"{name}.crt")


def shown_by(folder: Path, name: str) -> ssl.SSLContext:
    """What a server of this program shows its clients: ``NAME.crt``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context
