"""Someone whose browser, without JavaScript, goes between a product and the provider."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from tests.support.browser import PASSWORD, Answer
from tests.support.site import Site

_REFRESH = re.compile(r'http-equiv="?refresh"?\s+content="\d+;\s*url=([^"]*)"', re.I)
HOPS = 12
"""Redirects of one product in a row: more are a circle."""


class Visitor:
    """One person's browser. The product and the provider each have a jar of cookies."""

    def __init__(self, site: Site, at: str, authority: Path) -> None:
        """`authority` vouches for the product's own certificate."""
        self.site = site
        self.at = at
        self.provider = site.browser()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(authority)
        self._session.headers["Accept"] = "text/html, */*;q=0.8"

    def get(self, url: str) -> requests.Response:
        """Open an address of the product, and follow redirects until a page or the provider."""
        return self._follow(self._session.get(urljoin(self.at, url), **_PLAIN))

    def post(self, url: str, **fields: str) -> requests.Response:
        """Send a form of the product, and follow as `get` does."""
        headers = {"Referer": self.at, "Origin": self.at}
        url = urljoin(self.at, url)
        return self._follow(self._session.post(url, fields, headers=headers, **_PLAIN))

    def _follow(self, answer: requests.Response) -> requests.Response:
        for _ in range(HOPS):
            if not answer.is_redirect or self.leaves(answer):
                return answer
            answer = self._session.get(urljoin(answer.url, answer.headers["Location"]), **_PLAIN)
        raise AssertionError(f"no end of redirects at {answer.url}")

    def leaves(self, answer: requests.Response) -> bool:
        """Return True if the product sends the browser to the provider."""
        return answer.headers.get("Location", "").startswith(f"{self.site.issuer}/")

    def follow_out(self, answer: requests.Response) -> Answer:
        """Go to the provider where the product sends the browser."""
        assert self.leaves(answer), f"{answer.status_code} {answer.url} {answer.text}"
        return self.provider.open(answer.headers["Location"].removeprefix(self.site.issuer))

    def come_back(self, answer: Answer) -> requests.Response:
        """Follow the provider's answer into the product."""
        where = destination(answer)
        assert where.startswith(self.at), f"{answer.status} {where} {answer.text}"
        return self.get(where)

    def sign_in(
        self, path: str, username: str, secret: str | None = None, **parameters: str
    ) -> requests.Response:
        """Open `path`, sign in with password and code, come back; return the page."""
        away = self.post(path, **parameters) if parameters else self.get(path)
        self.follow_out(away)
        answer = self.provider.sign_in(username, PASSWORD)
        if secret is not None:
            assert self.provider.at.url.endswith("/totp"), self.provider.at.heading
            answer = self.provider.totp(secret)
        return self.come_back(answer)

    def cancel(self, path: str, **parameters: str) -> requests.Response:
        """Open `path`, give up at the provider's page, come back; return the product's page."""
        away = self.post(path, **parameters) if parameters else self.get(path)
        self.follow_out(away)
        return self.come_back(self.provider.submit("/cancel"))

    def is_signed_in_at_the_provider(self) -> bool:
        """Return True if the account page opens without signing in."""
        return "/interaction/" not in self.provider.open("/account/").url


def destination(answer: Answer) -> str:
    """Return where an answer of the provider leads: by its status, a header, or its page."""
    if answer.location:
        return answer.location
    header = str(answer.headers.get("Refresh", ""))
    if "url=" in header:
        return header.partition("url=")[2]
    found = _REFRESH.search(answer.text)
    return unescape(found.group(1)) if found else ""


_PLAIN: dict[str, Any] = {"timeout": 60, "allow_redirects": False}
