"""What tests of the auditor's pages do first: people sign in, and what they got is counted."""

import re
from html import unescape
from typing import Any

from tests.support.site import MFA, Answer, Application, Site

HOSTILE = '<b onmouseover="x">\u202e=cmd|calc'
"""A name that would do something in a page, on a screen, and in a spreadsheet."""


def count(site: Site) -> None:
    """Seal and count what was written, as the worker does."""
    site.installation.sealer.seal()
    site.installation.counting.carry_out()


def two_steps(site: Site, app: Application, name: str, way: str, **asked: Any) -> dict[str, Any]:
    """Return the tokens of a sign-in with a password and a second step."""
    browser = site.browser()
    browser.authorize(app, acr_values=MFA, **asked)
    browser.sign_in(name)
    if way == "sms":
        if "sms" not in browser.at.url:
            browser.open(browser.at.url)
        if "/send" in browser.at.text:
            browser.submit("/send")
        answer = browser.submit("/sms", code=site.texted_code())
    else:
        answer = browser.totp(way)
    assert "code" in answer.query, answer.heading
    found: dict[str, Any] = site.redeem(app, answer.query["code"]).json
    return found


def cells(answer: Answer, table: str) -> list[list[str]]:
    """Return the words of each row of a table."""
    found = re.search(rf'<table[^>]* id="{table}".*?</table>', answer.text, re.S)
    assert found, answer.heading
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", found.group().partition("<tbody>")[2], re.S)
    return [
        [
            " ".join(unescape(re.sub("<[^>]*>", " ", cell)).split())
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        ]
        for row in rows
    ]


def jti_of(site: Site, app: Application, found: dict[str, Any]) -> str:
    said: str = site.id_token(found["id_token"])["jti"]
    return said
