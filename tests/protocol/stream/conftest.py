"""A webhook that is really there, and a site that sends its events to it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from idp import audit
from idp.audit import Event
from idp.audit.streaming.sending import Report, Sender, senders
from tests.support.programs.https import Answer, HttpsServer, Received, https_server
from tests.support.site import Site

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMhISE="


@dataclass
class Hook:
    """What arrived, and what is said to the next requests; 204 where nothing is."""

    server: HttpsServer
    arrived: list[dict[str, Any]] = field(default_factory=list)
    say: Callable[[int], Answer | None] = lambda _: None

    @property
    def ids(self) -> list[int]:
        return [event["id"] for event in self.arrived]

    def __call__(self, request: Received) -> Answer:
        lines = request.body.splitlines()
        answer = self.say(len(lines)) or Answer(status=204, headers={"Content-Length": "0"})
        if answer.status < 300:
            self.arrived += [json.loads(line) for line in lines]
        return answer


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    with https_server({}, tmp_path) as server:
        found = Hook(server)
        server.routes["/events"] = found
        yield found


@pytest.fixture
def streaming(tmp_path: Path, database_url: str, hook: Hook) -> Iterator[Site]:
    """An installation whose receiver is known and has all that there is."""
    site = Site(tmp_path, database_url, **settings_for(hook, tmp_path))
    send(site)
    yield site
    site.close()


def settings_for(hook: Hook, folder: Path) -> dict[str, str]:
    return {
        "stream__to": f"https://localhost:{hook.server.port}/events",
        "stream__secret": SECRET,
        "stream__ca_bundle": str(folder / "authority.pem"),
    }


def sender(site: Site) -> Sender:
    (found,) = senders(site.installation.settings, site.installation.engine)
    return found


def send(site: Site) -> Report:
    return sender(site).send()


def happen(site: Site, count: int = 1, reason: str = "") -> None:
    """Let events happen, each in a transaction of its own."""
    for number in range(count):
        with site.work() as work:
            audit.record(work, Event.HELP_ASKED, reason=reason or str(number))
