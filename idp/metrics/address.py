"""The address at which Prometheus reads: `GET /metrics`, and nothing else, over plain HTTP."""

import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from idp.metrics.asked import Asked
from idp.metrics.folder import Folder

log = logging.getLogger("acrux.metrics")
AGAIN_SECONDS = 10.0
"""Before an address that is another's is tried again."""
PATH = "/metrics"


class Everything:
    """What this machine's processes count, and what the database says."""

    def __init__(self, folder: Folder, asked: Asked) -> None:
        self._folder, self._asked = folder, asked
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Yield all of it; one at a time, whoever asks."""
        with self._lock:
            yield from self._folder.collect()
            yield from self._asked.collect()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    timeout = 0.5

    def __init__(self, place: tuple[str, int], registry: CollectorRegistry) -> None:
        self.registry = registry
        if ":" in place[0]:
            self.address_family = socket.AF_INET6
        super().__init__(place, _Reader)

    def server_bind(self) -> None:
        # Of two reloads, or of a server and a worker, each may answer: they say the same.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a reader of metrics went away")


class _Reader(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10
    server_version = "acrux"
    sys_version = ""

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self.send_error(404)
            return
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        try:
            body = encode(self.server.registry)
        except Exception:
            log.exception("the metrics could not be read")
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: it is asked every few seconds."""


def place_of(bind: str) -> tuple[str, int]:
    """Return host and port of a setting that was checked: `127.0.0.1:9464`, `[::1]:9464`."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


class Address:
    """The address of a process, served by a thread."""

    def __init__(self, bind: str, folder: Folder, asked: Asked) -> None:
        self._bind = bind
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(Everything(folder, asked))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="acrux-metrics-at", daemon=True)

    def open(self) -> None:
        """Serve from now on; an address that cannot be had is tried again, and the log says so."""
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        self._over.set()
        self._thread.join()

    def _serve(self) -> None:
        told = False
        while not self._over.is_set():
            try:
                with _Server(place_of(self._bind), self._registry) as server:
                    log.info("metrics are at http://%s%s", self._bind, PATH)
                    while not self._over.is_set():
                        server.handle_request()
            except OSError as error:
                if not told:
                    log.error("no metrics at %s: %s; tried again", self._bind, error.strerror)
                told = True
                self._over.wait(AGAIN_SECONDS)
