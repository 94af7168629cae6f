"""One installation, asked by the lane and by Flask alone: the two must answer alike."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client, TestResponse

from idp.web.lane import Lane
from tests.support.site import Application, Site

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DRAWN = re.compile(
    r'"(?:access_token|id_token|refresh_token|jti)": "[^"]+"|"(?:iat|exp)": \d+|\(reference [^)]+\)'
    # Of an answer that a browser is sent on with, and of pages.
    r'|(?<=[?&#;])(?:code|session_state|access_token|id_token)=[^&"]+'
    r"|(?<=/interaction/)[\w-]{22}"
    r'|(?<=acrux=)[\w-]{43}|name="(?:csrf_token|code|session_state)" value="[^"]+"'
    r"|<code>[\w-]{16}</code>"
)
"""What no two answers have in common."""


@dataclass
class Ways:
    """One installation, asked by the lane and by Flask alone."""

    site: Site
    app: Application

    def answers(self, method: str, path: str, headers: Any = None, body: Any = b"") -> list[Any]:
        """Return what is answered to the same request by each of the two."""
        lane = self.site.app.wsgi_app
        assert isinstance(lane, Lane)
        said = []
        for way in (lane, lane.others):
            client = Client(way, use_cookies=False)
            response = client.open(
                path,
                method=method,
                headers=dict(headers or {}),
                data=body,
                environ_base={"REMOTE_ADDR": "127.0.0.1"},
            )
            said.append(told(response))
        return said

    def by_lane_alone(self, path: str, headers: Any = None) -> bool:
        """Return True if the lane answers a GET itself, and hands nothing on."""
        lane = self.site.app.wsgi_app
        assert isinstance(lane, Lane)
        handed_on = []

        def note(environ: Any, start_response: Callable[..., Any]) -> Any:
            handed_on.append(environ)
            return flask(environ, start_response)

        flask, lane.others = lane.others, note
        try:
            Client(lane, use_cookies=False).get(path, headers=dict(headers or {}))
        finally:
            lane.others = flask
        return not handed_on

    def same(self, method: str, path: str, headers: Any = None, body: Any = b"") -> Any:
        """Return the answer that both give."""
        by_lane, by_flask = self.answers(method, path, headers, body)
        assert by_lane == by_flask
        return by_lane

    def form(self, path: str, headers: Any = None, **fields: str) -> Any:
        headers = {**FORM, **(self.app.authentication() if headers is None else headers)}
        return self.same("POST", path, headers, urlencode(fields))


def told(response: TestResponse) -> tuple[int, list[tuple[str, str]], str]:
    body = response.get_data(as_text=True)
    headers = [
        (n, "…" if n == "X-Request-ID" else DRAWN.sub("…", v))
        for n, v in response.headers.items()
        if n != "Content-Length" or not body
    ]
    if body:
        assert response.headers["Content-Length"] == str(len(response.get_data()))
    return response.status_code, sorted(headers), DRAWN.sub("…", body)
