"""Clients that never stop asking, each on a connection of its own, and what becomes of it all."""

import http.client
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSES = (0.0, 0.001, 0.02, 0.3)
"""Seconds between an answer and the next request, for one client after the other."""
ASK_SECONDS = 60


class Steady:
    """The clients of one server, and what they saw."""

    def __init__(self, port: int, path: str, authority: Path | None) -> None:
        self._port = port
        self._path = path
        self._tls = ssl.create_default_context(cafile=str(authority)) if authority else None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.answers: Counter[int] = Counter()
        """How often each status came."""
        self.last = 0
        """Answers that said that their connection ends."""
        self.refused = 0
        """Connections that were refused, which is a clear word: nobody listened."""
        self.lost: list[str] = []
        """What went wrong on connections that were made."""

    def end(self) -> None:
        """Let every client end after its request."""
        self._over.set()

    def ask(self, pause: float) -> None:
        """Be a client until told to end."""
        while not self._over.is_set():
            found = self._connected()
            if found is None:
                self._over.wait(0.05)
                continue
            try:
                while not self._over.is_set() and self._asked(found):
                    self._over.wait(pause)
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.lost.append(f"{time.strftime('%X')} {error!r}")
            finally:
                found.close()

    def _connected(self) -> http.client.HTTPConnection | None:
        if self._tls:
            found: http.client.HTTPConnection = http.client.HTTPSConnection(
                "localhost", self._port, timeout=ASK_SECONDS, context=self._tls
            )
        else:
            found = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ASK_SECONDS)
        try:
            found.connect()
        except ConnectionRefusedError:
            with self._lock:
                self.refused += 1
            return None
        return found

    def _asked(self, found: http.client.HTTPConnection) -> bool:
        """Return True while the connection goes on."""
        found.request("GET", self._path)
        answer = found.getresponse()
        answer.read()
        with self._lock:
            self.answers[answer.status] += 1
            self.last += answer.will_close
        return not answer.will_close


@contextmanager
def steady(
    port: int, path: str = "/healthz", *, clients: int = 8, authority: Path | None = None
) -> Iterator[Steady]:
    """Ask all the time meanwhile; what was seen is complete afterwards."""
    found = Steady(port, path, authority)
    threads = [
        threading.Thread(target=found.ask, args=(PAUSES[i % len(PAUSES)],)) for i in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.end()
        for thread in threads:
            thread.join()
