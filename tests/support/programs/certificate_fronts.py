"""The proxies of docs/certificates.md, as they stand there, before an Acrux."""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs.documented import (
    APACHE,
    LOADED,
    MODULES,
    NGINX,
    ROOT,
    adapted,
    program,
    samples,
)
from tests.support.programs.https import write_authority
from tests.support.programs.servers import until_it_listens

DOCUMENT = ROOT / "docs/certificates.md"
FORMS = {"nginx": "pem", "haproxy": "rfc9440", "caddy": "rfc9440", "apache": "pem"}
"""What `mutual_tls.form` is behind each."""
HOST = "mtls.example.org"


class CertificateFront:
    """A proxy that asks for certificates; `clients` is a file of who may issue them.

    Its own is for `names`.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        port: int,
        behind: int,
        clients: Path,
        names: Iterable[str] = ("localhost",),
    ) -> None:
        self.name, self.folder, self.port, self.clients = name, folder, port, clients
        self.identity = write_authority(folder, names)
        self.authority = folder / "authority.pem"
        self._behind = f"127.0.0.1:{behind}"

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def log(self) -> str:
        return "".join(file.read_text() for file in self.folder.glob("*.log"))

    @contextmanager
    def running(self) -> Iterator[None]:
        command = getattr(self, f"_{self.name}")()
        with (self.folder / "out.log").open("w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder)
        try:
            until_it_listens(process, self.port, lambda: self.log)
            yield
        finally:
            process.terminate()
            process.wait(15)

    def _written(self, sample: str, **changes: str) -> Path:
        file = self.folder / "conf"
        file.write_text(adapted(sample, {"127.0.0.1:5000": self._behind, **changes}))
        return file

    def _nginx(self) -> list[str]:
        (sample,) = [one for one in samples(DOCUMENT, "nginx") if "server {" in one]
        changes = {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            f"server_name {HOST}": "server_name localhost",
            f"/etc/ssl/{HOST}.pem": str(self.identity),
            f"/etc/ssl/private/{HOST}.key": str(self.identity),
        }
        file = self._written(sample, **changes)
        file.write_text(NGINX.format(folder=self.folder, sample=file.read_text()))
        error = str(self.folder / "error.log")
        return [str(program("nginx")), "-e", error, "-c", str(file)]

    def _haproxy(self) -> list[str]:
        (sample,) = samples(DOCUMENT, "haproxy")
        changes = {
            "bind :443": f"bind 127.0.0.1:{self.port}",
            f"/etc/haproxy/{HOST}.pem": str(self.identity),
            "/etc/haproxy/clients.pem": str(self.clients),
        }
        return [str(program("haproxy")), "-db", "-f", str(self._written(sample, **changes))]

    def _caddy(self) -> list[str]:
        (sample,) = samples(DOCUMENT, "caddyfile")
        head = "{\n\tadmin off\n\tauto_https off\n}\n"
        own = f"{self.origin} {{\n\tbind 127.0.0.1"
        # Its own certificate is made by hand here, and stands with the rest of TLS.
        changes = {f"{HOST} {{": own, "\ttls {": f"\ttls {self.identity} {self.identity} {{"}
        file = self._written(head + sample, **changes)
        return [str(program("caddy")), "run", "--adapter", "caddyfile", "--config", str(file)]

    def _apache(self) -> list[str]:
        (sample,) = samples(DOCUMENT, "apache")
        changes = {
            "<VirtualHost *:443>": f"<VirtualHost *:{self.port}>",
            f"ServerName {HOST}": "ServerName localhost",
            f"/etc/ssl/{HOST}.pem": str(self.identity),
            f"/etc/ssl/private/{HOST}.key": str(self.identity),
        }
        file = self._written(sample, **changes)
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
        values = {"folder": self.folder, "port": self.port, "modules": modules}
        file.write_text(APACHE.format(**values, sample=file.read_text()))
        return [str(program("apache2")), "-f", str(file), "-DFOREGROUND"]
