"""Servers and programs that are there at once: forked from a process that has loaded the product.

To load it takes a second of CPU in each process of a server. All else is as `acrux serve` does it:
its words, its processes, and how each is watched and ends. For tests of what a server answers;
tests of how its processes start and are replaced start them as an operator does. A command or a
program, too, where a test needs another process than its own, and not to see how that starts.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any

LOADED = (
    "idp.cli.running.serve",
    "idp.cli.running.served",
    "idp.cli.running.beside",
    "idp.app",
    "idp.keyring.presence",
)
"""What the processes of a server import."""
ROOT = Path(__file__).parents[3]
LONGEST = 2**17
"""Bytes of the words and the environment of one server."""
_one_parent = threading.Lock()


class Server:
    """A server's main process as the test sees it, used like `subprocess.Popen`."""

    def __init__(self, line: socket.socket) -> None:
        """`line` says its number, and once it has ended its status."""
        self._line = line
        self.pid = int(line.recv(LONGEST))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("acrux serve", timeout or 0)
            self.returncode = int(self._line.recv(LONGEST))
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = Server | subprocess.Popen[bytes]


class Parent:
    """The process of a test process that has loaded the product; it ends with it."""

    def __init__(self) -> None:
        self._asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = theirs.fileno()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(number)], pass_fds=(number,), cwd=ROOT
            )

    def start(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        out: IO[Any],
        err: IO[Any],
        program: str = "",
    ) -> Server:
        """Start `acrux` with these words; what it writes goes to the files.

        With `program`, start that, as `python -c` would.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told = {"words": words, "environ": dict(environ), "folder": os.getcwd(), "program": program}
        with theirs:
            files = [theirs.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self._asked, [json.dumps(told).encode()], files)
        return Server(ours)

    def close(self) -> None:
        """End it; the servers that it started go on."""
        self._asked.close()
        self._process.wait()


@cache
def _parent() -> Parent:
    found = Parent()
    atexit.register(found.close)
    return found


def parent() -> Parent:
    """Return the one of this test process, started for the first server."""
    with _one_parent:
        return _parent()


def serve(words: Sequence[str], environ: Mapping[str, str], log: IO[str], *, cold: bool) -> Process:
    """Start `acrux serve` with these words; a `cold` one as an operator does."""
    if cold:
        command = [sys.executable, "-m", "idp", "serve", *words]
        return subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    return parent().start(("serve", *words), environ, log, log)


def program(text: str, words: Sequence[str], environ: Mapping[str, str]) -> Server:
    """Start a program in Python as `python -c` would; nobody hears what it writes."""
    with open(os.devnull, "wb") as nowhere:
        return parent().start(words, environ, nowhere, nowhere, text)


def name_of(module: str) -> str:
    """Return what a process that runs this module of the product is called by the system."""
    return module.rpartition(".")[2]


# -- in that process, and in those that come of it


class _Child:
    """What `idp.serving.processes.child` uses of `subprocess.Popen`, for what was forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ended(os.WNOHANG)

    def wait(self) -> int | None:
        return self._ended(0)

    def _ended(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _forked(work: Callable[[], Any], *kept: int) -> int:
    """Do this in a process of its own that begins as a new one would; return its number."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _as_new({0, 1, 2, *kept})
        work()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        # What Python does at the end of a process, without what stands above us on the stack.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _as_new(kept: set[int]) -> None:
    """Give up the signals and files of the process that this one was forked from."""
    signal.set_wakeup_fd(-1)
    for word in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(word, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for file in map(int, os.listdir("/proc/self/fd")):
        if file not in kept:
            with suppress(OSError):
                os.close(file)


def _started(role: Any, told: dict[str, Any], line: int) -> _Child:
    """Stand for `idp.serving.processes.child._started`."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        return _Child(_forked(lambda: _play(role.module, told), line))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _play(module: str, told: dict[str, Any]) -> None:
    # As its command line would say.
    Path("/proc/self/comm").write_text(name_of(module))
    import_module(module).main(json.loads(json.dumps(told)))


def _run(told: dict[str, Any], out: int, err: int) -> None:
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["environ"])
    if told["program"]:
        sys.argv = ["-c", *told["words"]]
        exec(compile(told["program"], "<program>", "exec"), {"__name__": "__main__"})
        return
    vars(import_module("idp.serving.processes.child"))["_started"] = _started
    import_module("idp.cli").main(told["words"], prog_name="acrux")


def _keep(told: dict[str, Any], line: int, out: int, err: int) -> None:
    """Start what is asked for, and say when it has ended."""
    # Ctrl-C is for the test and for the server.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = _forked(lambda: _run(told, out, err), out, err)
    os.write(line, str(pid).encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # The test may be gone.
    with suppress(OSError):
        os.write(line, str(status).encode())


def _main(asked: socket.socket) -> None:
    for name in LOADED:
        import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        told, files, _, _ = socket.recv_fds(asked, LONGEST, 3)
        if not told:
            return
        _forked(partial(_keep, json.loads(told), *files), *files)
        for file in files:
            os.close(file)


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
