"""An Acrux that is served over TLS by real worker processes, as relying parties meet it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from tests.support.browser import OverHttp
from tests.support.programs import warm
from tests.support.programs.servers import end
from tests.support.site import Site, free_port

START_SECONDS = 120
"""For a machine on which everything else starts, too."""


class TlsSite(Site):
    """`identity` is a certificate for localhost with its key, `authority` anyone who issued it.

    `port` is where it is reached, a free one unless given.
    """

    def __init__(
        self,
        folder: Path,
        identity: Path,
        authority: Path,
        *,
        port: int | None = None,
        **settings: Any,
    ) -> None:
        port = free_port() if port is None else port
        issuer = f"https://localhost:{port}"
        super().__init__(
            folder, f"sqlite:///{folder / 'acrux.db'}", server__issuer=issuer, **settings
        )
        self.port, self.issuer = port, issuer
        self.identity, self.authority = identity, authority

    def client(self) -> OverHttp:
        return OverTls(self.issuer, self.authority)

    def now(self) -> int:
        """Return the second that the workers live in."""
        return int(time.time() + self._offset())

    def _offset(self) -> float:
        return float(self.clock_file.read_text())

    @contextmanager
    def serve(self, workers: int = 1, *options: str, cold: bool = False) -> Iterator[str]:
        """Run the provider in real worker processes; yields its address."""
        words = (
            *("--bind", f"127.0.0.1:{self.port}", "--workers", str(workers)),
            *("--cert", str(self.identity), "--key", str(self.identity), *options),
        )
        with (self.folder / "serve.log").open("w") as log:
            process = warm.serve(words, {**os.environ, **self.environ}, log, cold=cold)
            try:
                self._wait(process)
                self.served = True
                yield self.issuer
            finally:
                self.served = False
                end(process)

    def _wait(self, process: warm.Process) -> None:
        deadline = time.monotonic() + START_SECONDS
        client = self.client()
        try:
            while time.monotonic() < deadline:
                assert process.poll() is None, (self.folder / "serve.log").read_text()
                with suppress(requests.RequestException):
                    if client.send("GET", "/readyz").status == 200:
                        return
                # Asked again and again with no pause, this would take the server's core.
                time.sleep(0.1)
        finally:
            client.close()
        raise AssertionError("the server did not start: " + (self.folder / "serve.log").read_text())


class OverTls(OverHttp):
    """A real server behind a certificate of ours, with cookies.

    `shown` is a file with a certificate of the caller's own, and its key.
    """

    def __init__(self, base: str, authority: Path, shown: Path | None = None) -> None:
        super().__init__(base)
        self._session.verify = str(authority)
        self._session.cert = None if shown is None else str(shown)
