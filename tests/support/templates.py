"""Which template a page was made of, noted by a server in the test's own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import request, template_rendered
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.cli.running.worker import Worker
from tests.support.site import Site

FRAMES = {"base.html", "page.html", "parts.html"}


class Quiet(WSGIRequestHandler):
    """Says nothing of requests."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class Rendered:
    """A server of one installation, and the newest template that it rendered at each path."""

    def __init__(self) -> None:
        self._at: dict[str, str] = {}

    @contextmanager
    def serving(self, site: Site) -> Iterator[None]:
        """Serve `site` at its issuer from this process, and send what is asked for."""
        server = make_server("127.0.0.1", site.port, site.app, threaded=True, request_handler=Quiet)
        worker = Worker(site.installation)
        threads = [
            threading.Thread(target=t, daemon=True) for t in (server.serve_forever, worker.run)
        ]
        with template_rendered.connected_to(self._note, site.app):
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                worker.stop()
                server.shutdown()
                for thread in threads:
                    thread.join(15)
                server.server_close()

    def _note(self, _: object, template: Any, **__: object) -> None:
        self._at[request.path] = template.name

    def of(self, url: str) -> str:
        """Return the template of the page at `url`.

        Raises:
            KeyError: no page was ever shown there.
        """
        return self._at[urlsplit(url).path]


def pages(folder: Path) -> set[str]:
    """Return the templates below `folder` that are whole pages in the frame of all pages."""
    return {
        str(file.relative_to(folder))
        for file in folder.rglob("*.html")
        if file.name not in FRAMES and "{% extends " in file.read_text()
    }
