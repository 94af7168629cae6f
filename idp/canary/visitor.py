"""A browser without scripts in this process: it asks the application, and nobody else.

An answer that leads out of the house is kept and never followed.
"""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from flask import Flask

SOURCE = "100::ca"
"""Where its requests come from: an address that nobody has (RFC 6666)."""
_MOST = 10
"""Redirects within the house, one after the other."""


class _Forms(HTMLParser):
    """Collects the forms of a page: action, and fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((values.get("action", ""), {}))
        elif tag == "input" and self.forms and values.get("name"):
            self.forms[-1][1][values["name"]] = values.get("value", "")


class Visitor:
    """One browser with its cookies, and where it is."""

    def __init__(self, app: Flask, issuer: str) -> None:
        self._client = app.test_client()
        self._issuer = issuer
        self._text = ""
        self.path = ""
        """Of the page that it sees."""

    def open(self, path: str, **query: str) -> str:
        """Open an address, and follow what leads on within the house.

        Return where it leads out of the house; "" where it ends at a page.
        """
        return self._arrive("GET", path + (f"?{urlencode(query)}" if query else ""))

    def submit(self, action_end: str, **fields: str) -> str:
        """Send the form of this page whose action ends so, as `open`; "" where there is none."""
        for action, values in self._forms():
            if action.endswith(action_end):
                return self._arrive("POST", action, {**values, **fields})
        return ""

    def sees(self, action_end: str) -> bool:
        """Tell whether this page has a form whose action ends so."""
        return any(action.endswith(action_end) for action, _ in self._forms())

    def _forms(self) -> list[tuple[str, dict[str, str]]]:
        parser = _Forms()
        parser.feed(self._text)
        return parser.forms

    def ask(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """Send what a program sends, and return the JSON of the answer; None for another answer."""
        answer = self._send("POST", path, form, headers)
        return answer.get_json(silent=True) if answer.is_json else None

    def _arrive(self, method: str, url: str, form: Mapping[str, str] | None = None) -> str:
        for _ in range(_MOST):
            answer = self._send(method, url, form)
            target = answer.headers.get("Location", "")
            if not 300 <= answer.status_code < 400:
                self.path, self._text = url.partition("?")[0], answer.get_data(as_text=True)
                return ""
            target = target.removeprefix(self._issuer)
            if not target.startswith("/"):
                return target
            method, url, form = "GET", target, None
        return ""

    def _send(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        return self._client.open(
            url,
            method=method,
            data=form,
            headers=headers,
            base_url=self._issuer,
            environ_overrides={"REMOTE_ADDR": SOURCE},
        )
