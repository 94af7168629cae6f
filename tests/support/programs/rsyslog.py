"""rsyslog, unmodified: takes syslog, mostly over TLS, and writes what it was sent into a file."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.support.programs.https import NAMES, write_authority

SECONDS = 60
_MODULES = (Path("/usr/lib/x86_64-linux-gnu/rsyslog"), Path("/usr/lib/aarch64-linux-gnu/rsyslog"))
_CONFIG = """
global(maxMessageSize="64k" workDirectory="{folder}"
       defaultNetstreamDriverCAFile="{folder}/authority.pem"
       defaultNetstreamDriverCertFile="{folder}/identity.pem"
       defaultNetstreamDriverKeyFile="{folder}/identity.pem"
       parser.escapeControlCharactersOnReceive="off")
module(load="imtcp" {driver})
template(name="parts" type="list") {{
    property(name="pri") constant(value="\\t")
    property(name="timereported" dateFormat="rfc3339") constant(value="\\t")
    property(name="hostname") constant(value="\\t")
    property(name="app-name") constant(value="\\t")
    property(name="msgid") constant(value="\\t")
    property(name="msg") constant(value="\\n")
}}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")
ruleset(name="all") {{ action(type="omfile" file="{folder}/received" template="parts") }}
"""
_TLS = 'streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon"'


def path() -> str | None:
    """Return the program: Debian keeps it off an ordinary user's PATH."""
    return shutil.which("rsyslogd") or shutil.which("rsyslogd", path="/usr/sbin")


def why_missing() -> str | None:
    """Say why it cannot be started here; None when it can."""
    if path() is None:
        return "no rsyslogd (Debian: install rsyslog)"
    if not any((folder / "lmnsd_ossl.so").exists() for folder in _MODULES):
        return "rsyslog has no TLS (Debian: install rsyslog-openssl)"
    return None


class Rsyslog:
    """One rsyslog, with files in a folder; it may be ended and started again."""

    def __init__(self, folder: Path, *, tls: bool = True) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._folder = folder
        write_authority(folder, NAMES)
        driver = _TLS if tls else ""
        config = _CONFIG.format(folder=folder, port=self.port, driver=driver)
        (folder / "rsyslog.conf").write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def authority(self) -> Path:
        return self._folder / "authority.pem"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        program = path()
        assert program is not None
        words = ("-n", "-f", self._folder / "rsyslog.conf", "-i", self._folder / "pid")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, *map(str, words)], stdout=log, stderr=log)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            assert self._process.poll() is None, (self._folder / "log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("rsyslog does not listen: " + (self._folder / "log").read_text())

    def stop(self, lines: int = 0) -> list[list[str]]:
        """End it, once it wrote so many lines; return what it was sent until now, in parts.

        Told to end, it gives up on what it took and did not write within its own time for that.
        """
        end = time.monotonic() + SECONDS
        while len(self._received()) < lines and time.monotonic() < end:
            time.sleep(0.01)
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(SECONDS)
            self._process = None
        return self._received()

    def _received(self) -> list[list[str]]:
        file = self._folder / "received"
        text = file.read_text() if file.exists() else ""
        return [line.split("\t", 5) for line in text.split("\n")[:-1]]
