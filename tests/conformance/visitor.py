"""The person at a browser without JavaScript, who finds every page by its stable ids."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.conformance.provider import USERNAME, Provider
from tests.support.browser import PASSWORD, Answer, OverHttp

_HELD = re.compile(r'href="([^"]*)"\s+rel="noreferrer"\s+id="held-continue"')
_REFRESH = re.compile(r'<noscript>\s*<meta http-equiv="refresh" content="([^"]*)">')
LONGEST_WAY = 6
"""Pages of one sign-in: more means going in circles."""


@dataclass(frozen=True)
class Callback:
    """What the application receives at its redirect URI."""

    method: str
    uri: str
    """Where it arrives, its query included."""
    body: tuple[tuple[str, str], ...] = ()
    pages: tuple[str, ...] = ()
    """The pages that the person was shown before."""

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        return tuple(parse_qsl(urlsplit(self.uri).query, keep_blank_values=True))

    @property
    def fields(self) -> dict[str, str]:
        """The authorization response."""
        pairs = self.body if self.method == "POST" else self.query
        assert len({name for name, _ in pairs}) == len(pairs), pairs
        return dict(pairs)


@dataclass(frozen=True)
class Page:
    """A page at which the browser stays."""

    status: int
    text: str
    pages: tuple[str, ...] = ()
    refresh: str = ""
    """What sends a browser without JavaScript on after a while: seconds, and the address."""

    def has(self, identifier: str) -> bool:
        return f'id="{identifier}"' in self.text


class Visitor:
    """A fresh browser, and the person in front of it."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.browser = provider.browser()

    def close(self) -> None:
        assert isinstance(self.browser.http, OverHttp)
        self.browser.http.close()

    # -- what the person does

    def _step(self, page: Answer) -> tuple[str, Answer] | None:
        """Answer a page of the sign-in; return its id and what comes next."""
        if 'id="login-submit"' in page.text:
            assert 'id="login-page"' in page.text
            assert "Sign in" in page.text
            return "login-page", self.browser.submit(
                "/password", username=USERNAME, password=PASSWORD
            )
        if 'id="consent-allow"' in page.text:
            return "consent-allow", self.browser.submit("/consent", decision="allow")
        return None

    def _arrive(self, answer: Answer) -> Callback | Page:
        pages: tuple[str, ...] = ()
        while len(pages) < LONGEST_WAY:
            if 300 <= answer.status < 400:
                return Callback("GET", answer.location, pages=pages)
            held = _HELD.search(answer.text)
            if held is not None:
                # Where that leads stands on the button, and the person presses it.
                return Callback("GET", unescape(held.group(1)), pages=(*pages, "held-continue"))
            if 'id="held-continue"' in answer.text:
                action, fields = answer.form()
                return Callback("POST", action, tuple(fields.items()), (*pages, "held-continue"))
            if answer.posted:
                action, fields = answer.form()
                return Callback("POST", action, tuple(fields.items()), pages)
            step = self._step(answer)
            if step is None:
                onward = _REFRESH.search(answer.text)
                refresh = unescape(onward.group(1)) if onward else ""
                return Page(answer.status, answer.text, pages, refresh)
            pages, answer = (*pages, step[0]), step[1]
        raise AssertionError(f"going in circles: {pages}")

    # -- where the application sends the browser

    def go(self, url: str, parameters: Mapping[str, str], *, post: bool = False) -> Callback | Page:
        """Open an address of the provider and go on until the application or a last page."""
        path = url.removeprefix(self.provider.issuer)
        if post:
            answer = self.browser.http.send("POST", path, dict(parameters))
            if answer.location.startswith("/"):
                answer = self.browser.open(answer.location)
        else:
            query = f"?{urlencode(parameters)}" if parameters else ""
            answer = self.browser.open(path + query)
        return self._arrive(answer)

    def arrives(self, url: str, parameters: Mapping[str, str], *, post: bool = False) -> Callback:
        """Go on until the application; no other end is right."""
        end = self.go(url, parameters, post=post)
        assert isinstance(end, Callback), f"stopped at a page: {end.status} {end.text[:3000]}"
        return end

    def stays(self, url: str, parameters: Mapping[str, str]) -> Page:
        """Go on until a last page of the provider; the application hears nothing."""
        end = self.go(url, parameters)
        assert isinstance(end, Page), f"sent to {end}"
        return end

    def first_page(self, url: str, parameters: Mapping[str, str]) -> Page:
        """Open an address; return the first page that it leads to, whatever that asks."""
        answer = self.browser.open(url.removeprefix(self.provider.issuer), **parameters)
        assert not answer.location, f"sent to {answer.location}"
        return Page(answer.status, answer.text)

    def confirms_logout(self) -> Callback | Page:
        """Say yes to the question whether to sign out."""
        assert 'id="logout-confirm"' in self.browser.at.text
        return self._arrive(self.browser.submit("/end_session"))
