"""An API that pays people, as an operator registers it, and an application that may ask of it."""

import html
import json
import re
from typing import Any

from idp.operating import cases
from idp.operating.actor import OPERATOR
from tests.support.site import Answer, Application, Browser, Site

AUDIENCE = "https://pay.example.org/api"
OTHER = "https://time.example.org/api"
READ, TIMES = "pay:read", "time:read"
DATA: dict[str, Any] = {
    "name": "Payroll",
    "scopes": {READ: {"en": "See pay runs", "de": "Gehaltsläufe sehen"}},
    "types": {
        "pay_run": {
            "words": {
                "en": "Pay {total} to {people} people for {period}, on {day}",
                "de": "Zahlen Sie {people} Menschen {total} für {period}, am {day}",
            },
            "members": {
                "total": {"kind": "money"},
                "people": {"kind": "number"},
                "period": {"kind": "text"},
                "day": {"kind": "date"},
            },
        },
        "report": {
            "words": {"en": "Send {which} reports to {to}"},
            "members": {
                "which": {"kind": "choice", "choices": {"all": {"en": "all"}}},
                "to": {"kind": "texts"},
            },
        },
    },
}
RUN: dict[str, Any] = {
    "type": "pay_run",
    "total": {"amount": "52310.5", "currency": "NZD"},
    "people": 1250,
    "period": "November",
    "day": "2026-12-04",
}
SAID = "Pay NZD 52,310.50 to 1,250 people for November, on 4 December 2026"


def registered(site: Site, **changes: Any) -> None:
    """Register the API, and another with one scope."""
    known = cases.of(site.installation)
    with site.work() as work:
        known.apis.add(work, OPERATOR, "payroll", AUDIENCE, DATA | changes)
        known.apis.add(work, OPERATOR, "times", OTHER, {"name": "Times", "scopes": {TIMES: {}}})


def clerk(site: Site, *, published: bool = False, **data: Any) -> Application:
    """Register tane, the API, and an application that may ask for all of it."""
    site.person("tane")
    registered(site, published=published)
    given: dict[str, Any] = {
        "resource_scopes": {AUDIENCE: [READ], OTHER: [TIMES]},
        "authorization_details_types": ["pay_run", "report"],
    }
    return site.application("clerk", **given | data)


def details(*wanted: Any) -> str:
    """Return the parameter that asks for these."""
    return json.dumps(list(wanted or (RUN,)))


def agreed(
    site: Site,
    app: Application,
    browser: Browser | None = None,
    *,
    stop: bool = False,
    **changes: Any,
) -> Answer:
    """Sign tane in, and agree to whatever is asked; with `stop`, return the page that asks."""
    browser = browser or site.browser()
    page = browser.authorize(app, **{"authorization_details": details(), **changes})
    if page.url.endswith("/identify") or 'name="password"' in page.text:
        page = browser.sign_in("tane")
    if stop or "consent-allow" not in page.text:
        return page
    return browser.submit("/consent", decision="allow")


def plain(page: str) -> str:
    """Return the text of a page as people read it."""
    return html.unescape(re.sub(r"<[^>]+>", "", page)).replace("\xa0", " ")
