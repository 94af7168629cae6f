"""The proxies of docs/forward.md, as they stand there, before an application that knows nothing."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs.documented import NGINX, ROOT, adapted, program, samples
from tests.support.programs.https import write_authority
from tests.support.programs.servers import until_it_listens

FORWARD = ROOT / "docs/forward.md"


class ForwardFront:
    """A proxy that guards an application on this machine."""

    def __init__(self, name: str, folder: Path, ports: dict[str, int]) -> None:
        """`ports` are those of the proxy itself (`front`), of `acrux` and of the `application`."""
        self.name, self.folder, self.port = name, folder, ports["front"]
        self.identity = write_authority(folder, ["localhost"])
        self.authority = folder / "authority.pem"
        self._acrux = f"127.0.0.1:{ports['acrux']}"
        self._application = f"127.0.0.1:{ports['application']}"

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

    def _written(self, sample: str, name: str, **changes: str) -> Path:
        file = self.folder / name
        known = {"127.0.0.1:5000": self._acrux, "127.0.0.1:8080": self._application}
        used = {old: new for old, new in known.items() if old in sample}
        file.write_text(adapted(sample, used | changes))
        return file

    def _nginx(self) -> list[str]:
        (sample,) = samples(FORWARD, "nginx")
        changes = {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "server_name wiki.example.org": "server_name localhost",
            "/etc/ssl/wiki.example.org.pem": str(self.identity),
            "/etc/ssl/private/wiki.example.org.key": str(self.identity),
        }
        file = self._written(sample, "conf", **changes)
        file.write_text(NGINX.format(folder=self.folder, sample=file.read_text()))
        error = str(self.folder / "error.log")
        return [str(program("nginx")), "-e", error, "-c", str(file)]

    def _haproxy(self) -> list[str]:
        (lua,), (sample,) = samples(FORWARD, "lua"), samples(FORWARD, "haproxy")
        script = self._written(lua, "acrux.lua")
        changes = {
            "bind :443": f"bind 127.0.0.1:{self.port}",
            "/etc/haproxy/wiki.example.org.pem": str(self.identity),
            "/etc/haproxy/acrux.lua": str(script),
        }
        return [str(program("haproxy")), "-db", "-f", str(self._written(sample, "conf", **changes))]

    def _caddy(self) -> list[str]:
        (sample,) = samples(FORWARD, "caddyfile")
        head = "{\n\tadmin off\n\tauto_https off\n}\n"
        own = f"{self.origin} {{\n\tbind 127.0.0.1\n\ttls {self.identity} {self.identity}"
        changes = {"wiki.example.org {": own}
        file = self._written(head + sample, "Caddyfile", **changes)
        return [str(program("caddy")), "run", "--adapter", "caddyfile", "--config", str(file)]
