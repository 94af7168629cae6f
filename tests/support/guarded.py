"""A browser at a guarded host, and the proxy in between that asks for each of its requests."""

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from tests.products.visitor import destination
from tests.support.browser import Answer, Browser
from tests.support.site import Site

ORIGIN = "https://wiki.example.org"
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
SCRIPT = {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}


class Guarded:
    """One browser: its cookies of the guarded host, and the provider's in a jar of their own."""

    def __init__(self, site: Site, origin: str = ORIGIN) -> None:
        self.site, self.origin = site, origin
        self.provider: Browser = site.browser()
        self.cookies: dict[str, str] = {}
        self._http = site.app.test_client(use_cookies=False)

    def asked(self, path: str, *, at: str = "/forward/auth", **headers: str) -> Answer:
        """Return what the proxy is told of a request for `path`."""
        sent = PAGE | {"X-Forwarded-Uri": path, "X-Forwarded-Method": "GET"} | _named(headers)
        return self._send(at, sent)

    def here(self, path: str, **headers: str) -> Answer:
        """Open an address that the proxy hands to Acrux."""
        return self._send(path, PAGE | _named(headers))

    def _send(self, path: str, headers: dict[str, str]) -> Answer:
        parts = urlsplit(self.origin)
        told = {"X-Forwarded-Proto": parts.scheme, "X-Forwarded-Host": parts.netloc} | headers
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = self._http.get(path, headers=told)
        for line in response.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel.value:
                    self.cookies[name] = morsel.value
        return Answer(response.status_code, response.headers, response.text, path)

    def sent_away(self, path: str) -> str:
        """Open `path`, and return where the browser is sent to sign in, without the provider."""
        kept_out = self.asked(path)
        assert kept_out.status == 401, kept_out.text
        away = self.here(kept_out.location)
        assert away.location.startswith(f"{self.site.issuer}/authorize?"), away.text
        return away.location.removeprefix(self.site.issuer)

    def come_back(self, answer: Answer) -> Answer:
        """Follow the provider's answer to the guarded host."""
        where = destination(answer)
        assert where.startswith(f"{self.origin}/.acrux/callback?"), answer.text
        return self.here(where.removeprefix(self.origin))

    def sign_in(self, path: str, username: str, secret: str | None = None) -> Answer:
        """Open `path` and sign in with a password, and a code; return where that leads."""
        self.provider.open(self.sent_away(path))
        answer = self.provider.sign_in(username)
        if secret is not None:
            answer = self.provider.totp(secret)
        return self.come_back(answer)


def host(site: Site, client_id: str = "wiki", **members: Any) -> None:
    """Register an application with a guarded host."""
    members = {"forward_origin": ORIGIN, "redirect_uris": []} | members
    site.application(client_id, **members)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
