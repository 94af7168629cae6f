"""Someone whose browser goes to and fro between a page behind Apache and the provider."""

import re
import time
from typing import Any
from urllib.parse import urljoin

import requests

from tests.support.programs.apache import Apache
from tests.support.site import Answer, Site

TOLD_SECONDS = 15
"""A message to an application leaves at once; this is for a busy machine."""


class Visitor:
    """A browser without JavaScript with one jar of cookies for each of the two."""

    def __init__(self, site: Site, apache: Apache, authority: str) -> None:
        self.site = site
        self.apache = apache
        self.provider = site.browser()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = authority
        self._session.headers["Accept"] = "text/html"

    def get(self, path: str) -> requests.Response:
        """Open an address of the application without following redirects."""
        url = urljoin(self.apache.url, path)
        return self._session.get(url, timeout=30, allow_redirects=False)

    def visit(self, path: str = "/page") -> Answer:
        """Open a protected page and follow the way to the provider."""
        sent = self.get(path)
        assert self.sent_away(sent), f"{sent.status_code} {sent.text} {self.apache.log}"
        return self.provider.open(self.destination(sent).removeprefix(self.site.issuer))

    def sent_away(self, answer: requests.Response) -> bool:
        """Return True if the application sends the browser to the provider's sign-in."""
        return self.destination(answer).startswith(f"{self.site.issuer}/authorize?")

    def destination(self, answer: requests.Response) -> str:
        """Return where a redirect leads; a step-up is one in HTML."""
        refresh = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', answer.text)
        return refresh.group(1) if refresh else answer.headers.get("Location", "")

    def come_back(self, answer: Answer) -> dict[str, str]:
        """Follow the provider's redirect; return what the protected page was told."""
        assert answer.location.startswith(self.apache.redirect_uri), answer.text
        return self._arrive(self.get(answer.location))

    def come_back_by_form(self) -> dict[str, str]:
        """Send the form on the provider's page, as its script would; return the same."""
        action, fields = self.provider.at.form()
        assert action == self.apache.redirect_uri
        return self._arrive(self._session.post(action, fields, timeout=30, allow_redirects=False))

    def _arrive(self, back: requests.Response) -> dict[str, str]:
        """Go on from the redirect URI to the page, if it took the answer."""
        assert back.status_code == 302, f"{back.status_code} {back.text} {self.apache.log}"
        return self.read(self.get(back.headers["Location"]))

    def read(self, answer: requests.Response) -> dict[str, str]:
        """Return the environment that the protected page shows."""
        assert answer.status_code == 200, f"{answer.status_code} {answer.text} {self.apache.log}"
        pairs = (line.partition("=") for line in answer.text.splitlines())
        return {name: value for name, _, value in pairs}

    def page(self) -> dict[str, str]:
        """Open the protected page, signed in."""
        return self.read(self.get("/page"))

    def signed_in(self) -> bool:
        """Return True if the application still knows the person."""
        answer = self.get("/page")
        # With several providers a stranger gets the module's own page, on which to choose one.
        return answer.status_code == 200 and "OIDC_CLAIM_" in answer.text

    def becomes_unknown(self) -> bool:
        """Wait until the application has forgotten the person; False when it does not."""
        deadline = time.monotonic() + TOLD_SECONDS
        while time.monotonic() < deadline:
            if not self.signed_in():
                return True
        return False

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
