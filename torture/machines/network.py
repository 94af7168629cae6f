"""Machines on one wire: each a set of namespaces with a first process, whose end is a power cut."""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

US = "192.0.2.1"
"""The address of the load. The network is one for documents (RFC 5737): no real one is hidden."""
PEOPLE = "10.0.0.0/8"
"""Where people come from: this machine has all of these addresses."""
# The first process of a machine takes leave of all whose parents are gone, as any does.
_FIRST = """
import os, signal, socket, sys
socket.sethostname(sys.argv[1])
signal.signal(signal.SIGCHLD, lambda *_: None)
while True:
    try:
        os.wait()
    except ChildProcessError:
        signal.sigtimedwait([signal.SIGCHLD], 1)
"""
_OWN = ("unshare", "--net", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def inside(words: Sequence[str]) -> None:
    """Go on as `words` in a network, and among processes, of one's own. Never returns."""
    os.execvp(_OWN[0], [*_OWN, *words])


class Network:
    """The wire, and what every machine knows the others by."""

    def __init__(self, folder: Path, hosts: Mapping[str, str]) -> None:
        """`hosts` are addresses by name."""
        self.hosts = hosts
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "wire", "type", "bridge")
        _run("ip", "addr", "add", f"{US}/24", "dev", "wire")
        _run("ip", "link", "set", "wire", "up")
        _run("ip", "route", "add", "local", PEOPLE, "dev", "lo")
        lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in hosts.items())]
        names = folder / "hosts"
        names.write_text("\n".join(lines) + "\n")
        # Seen by this process and by what it starts: the mounts are its own.
        _run("mount", "--bind", names, "/etc/hosts")

    def close(self) -> None:
        """Take the wire away: another network may follow."""
        _run("umount", "/etc/hosts")
        _run("ip", "route", "del", "local", PEOPLE, "dev", "lo")
        _run("ip", "link", "del", "wire")


class Machine:
    """One machine: it is on or off, on the wire or not, and keeps its disk."""

    def __init__(self, name: str, address: str, folder: Path) -> None:
        self.name, self.address = name, address
        self.disk = folder / name
        self.disk.mkdir()
        self.disk.chmod(0o755)
        self._outer: subprocess.Popen[bytes] | None = None
        self._first = 0
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def is_on(self) -> bool:
        return self._outer is not None

    def switch_on(self, places: Mapping[str, str] = {}) -> None:
        """Start it, with nothing on it; `places` are folders of its disk, and where they belong."""
        words = [*_OWN, sys.executable, "-c", _FIRST, self.name]
        with (self.disk / "machine.log").open("a") as log:
            self._outer = subprocess.Popen(words, stdout=log, stderr=log)
        self._first = _child(self._outer.pid)
        wire = f"to-{self.name}"
        _run(
            *("ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0"),
            "netns",
            self._first,
        )
        _run("ip", "link", "set", wire, "master", "wire", "up")
        for line in (
            f"addr add {self.address}/24 dev eth0",
            "link set eth0 up",
            "link set lo up",
            f"route add {PEOPLE} via {US}",
        ):
            self.run("ip", *line.split())
        for folder, place in places.items():
            self.run("mount", "--bind", str(self.disk / folder), place)

    def switch_off(self) -> None:
        """Cut its power: nothing is flushed, nobody is told, its cable is dead."""
        assert self._outer is not None
        # Off the wire before its sockets close: a machine without power says no goodbye.
        _run("ip", "link", "del", f"to-{self.name}")
        for process in self._started:
            # One stands still when what it entered with was made to, and takes no leave of it.
            process.send_signal(signal.SIGCONT)
        with suppress(ProcessLookupError):
            os.kill(self._first, signal.SIGKILL)
        for process in self._started:
            process.wait()
        self._outer.wait()
        self._outer, self._started = None, []

    def unplug(self) -> None:
        """Take it off the wire; it goes on by itself."""
        _run("ip", "link", "set", f"to-{self.name}", "down")

    def plug(self) -> None:
        _run("ip", "link", "set", f"to-{self.name}", "up")

    def run(self, *words: str, **options: object) -> str:
        """Run a command there as root, and return what it says."""
        done = subprocess.run(
            self.entered(words),
            check=False,
            capture_output=True,
            text=True,
            **options,  # type: ignore[call-overload]
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(words)}: {done.stdout}{done.stderr}")
        said: str = done.stdout
        return said

    def start(self, log: str, words: Sequence[str], user: str = "", **environ: str) -> None:
        """Start a program there that goes on; `log` is the name of a file on its disk."""
        who = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups") if user else ()
        with (self.disk / log).open("a") as file:
            process = subprocess.Popen(
                self.entered([*who, *words]),
                env=_environ(user) | environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self._started.append(process)

    def processes(self, name: str = "") -> list[int]:
        """Return what runs there, by this machine's numbers; of one program where it is named."""
        mine = os.readlink(f"/proc/{self._first}/ns/pid")
        found = []
        for place in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                if os.readlink(place / "ns/pid") == mine:
                    said = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found += [int(place.name)] if name in said else []
        return found

    @contextmanager
    def frozen(self, name: str = "") -> Iterator[None]:
        """Stop all of it, or the processes of one program, where they stand, and let them go on."""
        stopped = self.processes(name)
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def entered(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs `words` there."""
        target = ("nsenter", "--target", str(self._first), "--net", "--uts", "--mount", "--pid")
        return [*target, "--", *words]


def _environ(user: str) -> dict[str, str]:
    """Return what systemd would give a program of `user`; our own where none is named."""
    if not user:
        return dict(os.environ)
    return {"PATH": os.defpath + ":/usr/sbin", "HOME": pwd.getpwnam(user).pw_dir, "LANG": "C.UTF-8"}


def _child(pid: int) -> int:
    """Return the one child of a process, once it is there and has its namespaces."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children and Path(f"/proc/{children[0]}/cmdline").read_bytes().startswith(
            sys.executable.encode()
        ):
            return int(children[0])
        time.sleep(0.02)
    raise TimeoutError("a machine did not start")
