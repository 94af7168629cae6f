"""Configurations as the documents have them, started with the real programs.

What names this machine (addresses, files) is replaced, and each replacement must be found; all else
stays as an operator would copy it.
"""

import getpass
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs.https import write_authority
from tests.support.programs.servers import until_it_listens

ROOT = Path(__file__).resolve().parents[3]
OPERATE = ROOT / "docs/operate.md"
README = ROOT / "README.md"
WANTED = ("nginx", "haproxy", "caddy", "apache2", "systemd-analyze")
SBIN = "/usr/sbin:/usr/bin"
MODULES = Path("/usr/lib/apache2/modules")
# Of a folder of a test nobody else may read a thing.
NGINX = (
    f"user {getpass.getuser()};"
    + """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {sample}
}}
"""
)
APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Mutex file:{folder} default
Listen 127.0.0.1:{port}
{modules}
{sample}
"""
LOADED = (
    *("mpm_event", "authz_core", "ssl", "socache_shmcb", "headers", "reqtimeout"),
    "unique_id",
    *("proxy", "proxy_http"),
)


def program(name: str) -> str | None:
    """Return the path of a program, also of one that Debian keeps off an ordinary user's PATH."""
    return shutil.which(name) or shutil.which(name, path=SBIN)


def why_missing() -> str | None:
    """Say what the documented servers lack here; None when all can be started."""
    found = {name: program(name) for name in WANTED}
    missing = [name for name, path in found.items() if path is None]
    return (
        f"no {', '.join(missing)} (Debian: nginx haproxy caddy apache2 systemd)"
        if missing
        else None
    )


def samples(document: Path, language: str) -> list[str]:
    """Return the blocks of a language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.M | re.S)


def adapted(sample: str, changes: Mapping[str, str]) -> str:
    """Return a sample for this machine; each change must be found in it."""
    for old, new in changes.items():
        assert old in sample, old
        sample = sample.replace(old, new)
    return sample


class Front:
    """A reverse proxy of docs/operate.md before Acrux, in a folder of its own."""

    def __init__(self, name: str, folder: Path, port: int, behind: int) -> None:
        self.name, self.folder, self.port = name, folder, port
        self.identity = write_authority(folder, ["localhost"])
        self.authority = folder / "authority.pem"
        self._file = folder / "conf"
        self._behind = f"127.0.0.1:{behind}"

    @property
    def log(self) -> str:
        """What it had to say."""
        return "".join(file.read_text() for file in self.folder.glob("*.log"))

    @contextmanager
    def running(self) -> Iterator["Front"]:
        """Write the sample, start the program, and end it afterwards."""
        command = getattr(self, f"_{self.name}")()
        with (self.folder / "out.log").open("w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder)
        try:
            until_it_listens(process, self.port, lambda: self.log)
            yield self
        finally:
            process.terminate()
            process.wait(15)

    def _nginx(self) -> list[str]:
        (sample,) = [found for found in samples(OPERATE, "nginx") if "upstream acrux" in found]
        sample = adapted(
            sample,
            {
                "listen 443": f"listen 127.0.0.1:{self.port}",
                "server 127.0.0.1:5000": f"server {self._behind}",
                "server_name id.example.org": "server_name localhost",
                "/etc/ssl/id.example.org.pem": str(self.identity),
                "/etc/ssl/private/id.example.org.key": str(self.identity),
                "/var/log/nginx/acrux.log": f"{self.folder}/access.log",
            },
        )
        self._file.write_text(NGINX.format(folder=self.folder, sample=sample))
        error = str(self.folder / "error.log")
        return [str(program("nginx")), "-e", error, "-c", str(self._file)]

    def _haproxy(self) -> list[str]:
        (sample,) = samples(OPERATE, "haproxy")
        changes = {
            "bind :443": f"bind 127.0.0.1:{self.port}",
            "/etc/haproxy/id.example.org.pem": str(self.identity),
            "127.0.0.1:5000": self._behind,
        }
        self._file.write_text(adapted(sample, changes))
        return [str(program("haproxy")), "-db", "-f", str(self._file)]

    def _apache(self) -> list[str]:
        (sample,) = samples(OPERATE, "apache")
        changes = {
            "<VirtualHost *:443>": f"<VirtualHost *:{self.port}>",
            "id.example.org\n": "localhost\n",
            "/etc/ssl/id.example.org.pem": str(self.identity),
            "/etc/ssl/private/id.example.org.key": str(self.identity),
            "127.0.0.1:5000": self._behind,
        }
        modules = "\n".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so" for n in LOADED)
        self._file.write_text(
            APACHE.format(
                folder=self.folder,
                port=self.port,
                modules=modules,
                sample=adapted(sample, changes),
            )
        )
        self.folder.chmod(0o755)
        return [str(program("apache2")), "-D", "FOREGROUND", "-f", str(self._file)]


def security(service: Path, most: float = 2.0) -> "subprocess.CompletedProcess[str]":
    """Have systemd say how exposed a service is; it fails above `most`, where 10 is the worst."""
    offline = ("--no-pager", "--offline=yes", f"--threshold={round(most * 10)}")
    return subprocess.run(
        [str(program("systemd-analyze")), "security", *offline, str(service)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def verified(
    folder: Path, service: str, place: str, name: str = "acrux"
) -> "subprocess.CompletedProcess[str]":
    """Have systemd look at a service, whose program is one of this machine, and what starts it."""
    kind = "timer" if "[Timer]" in place else "socket"
    files = [folder / f"{name}.service", folder / f"{name}.{kind}"]
    for file, unit in zip(files, (service, place), strict=True):
        file.write_text(unit)
    return subprocess.run(
        [str(program("systemd-analyze")), "verify", "--man=no", *map(str, files)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "info"},
    )
