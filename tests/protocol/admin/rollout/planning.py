"""Planning a rollout in the console, as someone does it page by page."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.support.site import MFA, Answer, Browser

ROLLOUT = "/admin/rollout/"
ONE = {
    "audience": "type:clinician",
    "level": MFA,
    "strength": "required",
    "reminders": "21, 7, 1, 0",
    "grace": "0",
    "grace_privileged": "0",
}
"""What the form sends for a stage of everyone who is a clinician, but for the day."""


def preview(browser: Browser, path: str = f"{ROLLOUT}new", **fields: Any) -> Answer:
    """Send the form of a stage: what it would mean is shown."""
    return browser.open(f"{path}/preview?" + urlencode(ONE | fields, doseq=True))


def save(browser: Browser, **fields: Any) -> Answer:
    """Press the button of the preview at hand, and go where it leads."""
    hidden = r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"'
    form: dict[str, Any] = {}
    for name, value in re.findall(hidden, browser.at.text):
        form.setdefault(name, []).append(unescape(value))
    return browser._follow(browser.http.send("POST", browser.at.url, form | fields))


def edited(browser: Browser, stage_id: str) -> dict[str, Any]:
    """Return what the form of a stage holds when it is opened."""
    text = browser.open(f"{ROLLOUT}stages/{stage_id}/edit").text
    found: dict[str, Any] = {"audience": [], "excluded": []}
    for tag in re.findall(r"<input[^>]*>", text):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        name, kind = values.get("name", ""), values.get("type")
        if not name or (kind in ("checkbox", "radio") and "checked" not in tag):
            continue
        if name in ("audience", "excluded"):
            found[name].append(unescape(values["value"]))
        else:
            found[name] = unescape(values.get("value", ""))
    level, proof = re.findall(r'<option value="([^"]*)"\s+selected', text)
    return found | {"level": level, "proof": proof}


def cells(answer: Answer, table: str) -> list[list[str]]:
    """Return a table of a page, row by row, as text."""
    found = re.search(rf'<table[^>]*id="{table}".*?</table>', answer.text, re.S)
    rows = re.findall(r"<tr.*?</tr>", found.group(), re.S) if found else []
    return [[words(cell) for cell in re.findall(r"<td.*?</td>", row, re.S)] for row in rows][1:]


def words(html: str) -> str:
    """Return the text of a piece of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def by_id(answer: Answer, name: str) -> str:
    """Return the text of the element with this id; it holds no other of its kind."""
    found = re.search(rf'<(\w+)[^>]*\bid="{name}"[^>]*>(.*?)</\1>', answer.text, re.S)
    return words(found[2]) if found else ""
