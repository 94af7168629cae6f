"""A company's own gateway of text messages: HTTPS on the loopback address, as docs/sms-gateway.md.

It reads and signs with the library of Standard Webhooks, keeps what it took, takes a message with
the same id once, and can be told to answer otherwise.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from idp import clock
from tests.support.programs.https import Answer, HttpsServer, Received, https_server

SECRET = "whsec_" + "YSBzZWNyZXQgZm9yIHRoZSBnYXRld2F5LCAzMiBieXRlcyE="
PATH = "/send?tenant=1"


class Gateway:
    """`messages` by their ids, in the order in which they came; `named`: the id of each request."""

    def __init__(self, server: HttpsServer, folder: Path) -> None:
        self.server = server
        self.messages: dict[str, dict[str, Any]] = {}
        self.named: list[str] = []
        self.answers: list[Answer] = []
        """What is said to the next requests, one each; afterwards they are taken."""
        self._authority = folder / "authority.pem"
        self._signs = Webhook(SECRET)

    def settings(self, **more: str) -> dict[str, str]:
        """Return the settings of an installation that sends by it."""
        return {
            "sms__backend": "webhook",
            "sms__webhook_url": self.server.url(PATH),
            "sms__webhook_secret": SECRET,
            "egress__ca_bundle": str(self._authority),
            **more,
        }

    def __call__(self, request: Received) -> Answer:
        self.named.append(request.headers.get("webhook-id", ""))
        try:
            # It checks the moment as well.
            content = self._signs.verify(request.body, request.headers)
        except WebhookVerificationError:
            return Answer(status=401)
        if self.answers:
            return self.answers.pop(0)
        name = request.headers["webhook-id"]
        assert content["type"] == "message.send"
        assert content["data"]["id"] == name
        self.messages.setdefault(name, content["data"])
        return Answer(json.dumps({"reference": f"gw-{name[:8]}"}).encode(), 202)

    def report(
        self, message: dict[str, Any], status: str, **more: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Return a report on a message, and the headers that sign it."""
        data = {"id": message["id"], "status": status, "reference": f"gw-{message['id'][:8]}"}
        text = json.dumps({"type": "message.status", "data": {**data, **more}})
        return text.encode(), self.signed(text)

    def signed(self, text: str, at: int | None = None, name: str = "report-1") -> dict[str, str]:
        """Return the headers that sign a body, `at` a moment."""
        moment = clock.now() if at is None else at
        signature = self._signs.sign(name, datetime.fromtimestamp(moment, UTC), text)
        return {
            "webhook-id": name,
            "webhook-timestamp": str(moment),
            "webhook-signature": signature,
            "Content-Type": "application/json",
        }


@contextmanager
def gateway(folder: Path) -> Iterator[Gateway]:
    """Run one; `folder` keeps its certificate."""
    with https_server({}, folder) as server:
        found = Gateway(server, folder)
        server.routes["/send"] = server.routes[PATH] = found
        yield found
