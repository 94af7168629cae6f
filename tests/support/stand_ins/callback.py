"""An application's return address on loopback: shows a page, and keeps what it was sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

from tests.support.stand_ins.listener import Listener, QuietHandler

PAGE = (
    b'<!doctype html><html lang="en"><title>Application</title>'
    b'<h1 id="back">Back at the application</h1></html>'
)


class Callback(Listener):
    """The address, and the parameters of each visit, oldest first."""

    def __init__(self) -> None:
        self.visits: list[dict[str, str]] = []
        callback = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/callback":
                    callback.visits.append(dict(parse_qsl(parts.query)))
                self.show(PAGE)

        super().__init__(Handler)
        self.url = f"http://localhost:{self.port}/callback"


@contextmanager
def callback() -> Iterator[Callback]:
    """Listen for the length of a test."""
    with Callback() as found:
        yield found
