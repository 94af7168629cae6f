"""The demo's telephone and letter box: messages that the provider put into a directory.

Reads the files of the transport `directory`, and shows each with its code in large digits. Sends
nothing and keeps nothing; the page works without a script.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request

from idp import clock
from idp.demo import authenticator, cast
from idp.demo.authenticator import App

SHOWN = 50
REFRESH = 5
"""Seconds between two looks of a page that refreshes itself."""
_CODE = re.compile(r"(?<![\d#+])\d{6}(?!\d)")


@dataclass(frozen=True)
class Message:
    """One message as delivered; `code` is the first six-digit number in it, "" for none.

    `owner` is the user name of whom it reached, if that is one of ours.
    """

    channel: str
    to: str
    owner: str | None
    subject: str
    body: str
    at: int
    code: str


def messages(directories: Mapping[str, Path]) -> list[Message]:
    """Return the newest messages of all channels, newest first."""
    # Names begin with the time, so that names of all channels together sort by time.
    files = [
        (file.name, channel, file)
        for channel, directory in directories.items()
        for file in directory.glob("*.json")
    ]
    found = []
    for _, channel, file in sorted(files, reverse=True)[:SHOWN]:
        with suppress(FileNotFoundError):
            found.append(_read(channel, json.loads(file.read_text(encoding="utf-8"))))
    return found


def _read(channel: str, content: Mapping[str, str]) -> Message:
    code = _CODE.search(content["body"])
    return Message(
        channel=channel,
        to=content["to"],
        owner=cast.owner(content["to"]),
        subject=content["subject"],
        body=content["body"].strip(),
        at=int(content["at"]),
        code=code.group() if code else "",
    )


def blueprint(directories: Mapping[str, Path], apps: Callable[[], list[App]]) -> Blueprint:
    """Return the page, for messages in `directories` and the codes that `apps` tells."""
    views = Blueprint("inbox", __name__)

    @views.get("/inbox")
    def inbox() -> Response:
        refreshing = request.args.get("refresh") == "on"
        response = _page(directories, apps, refreshing=refreshing)
        if refreshing:
            response.headers["Refresh"] = str(REFRESH)
        return response

    @views.post("/inbox")
    def read_key() -> Response:
        """Play the app for a key that a set-up page shows, without storing it."""
        now = clock.now()
        code = authenticator.code(request.form.get("key", ""), now)
        seconds = authenticator.seconds_left(now)
        return _page(directories, apps, asked=True, code=code, seconds=seconds)

    return views


def _page(
    directories: Mapping[str, Path], apps: Callable[[], list[App]], **values: object
) -> Response:
    page = render_template("inbox.html", messages=messages(directories), apps=apps(), **values)
    return make_response(page)
