"""A form of a page with all of its fields, as a browser sends it, and the button pressed."""

import re
from html.parser import HTMLParser
from typing import Any

from tests.support.site import Answer, Browser


class _Form(HTMLParser):
    """The fields of the form whose action ends so."""

    def __init__(self, action_end: str) -> None:
        super().__init__()
        self._end = action_end
        self._inside = False
        self._name = ""
        self._text: list[str] | None = None
        self.action = ""
        self.fields: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            ours = values.get("method") == "post" and values["action"].endswith(self._end)
            self._inside = ours and not self.action
            self.action = values.get("action", "") if self._inside else self.action
        elif self._inside and tag == "input" and values.get("name"):
            self._take(values)
        elif self._inside and tag in ("textarea", "select"):
            self._name, self._text = values["name"], []
        elif self._inside and tag == "option" and ("selected" in values or self._is_first()):
            self.fields[self._name] = values.get("value", "")

    def _is_first(self) -> bool:
        return self._name not in self.fields

    def _take(self, values: dict[str, str]) -> None:
        if values.get("type") in ("checkbox", "radio") and "checked" not in values:
            return
        if values.get("type") == "checkbox" and values["name"] in self.fields:
            before = self.fields[values["name"]]
            found = before if isinstance(before, list) else [before]
            self.fields[values["name"]] = [*found, values.get("value", "")]
            return
        self.fields[values["name"]] = values.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            self.fields[self._name] = "".join(self._text).removeprefix("\n")
        if tag in ("textarea", "select"):
            self._text = None


def problem(answer: Answer) -> str:
    """Return what a page says is wrong."""
    found = re.search(r'id="problem".*?</(?:p|div)>', answer.text, re.S)
    return " ".join(re.sub("<[^>]*>", " ", found.group()).split()) if found else answer.heading


def press(browser: Browser, path: str, **fields: Any) -> Answer:
    """Open a page, fill in its form, and send it. None takes a tick away."""
    answer = browser.open(path)
    form = _Form(path.rpartition("/")[2])
    form.feed(answer.text)
    assert form.action, answer.heading
    filled = {name: v for name, v in {**form.fields, **fields}.items() if v is not None}
    sent = browser.http.send("POST", form.action, filled)
    assert sent.status in (200, 303), (sent.status, problem(sent))
    return sent
