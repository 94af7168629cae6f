"""A single-page application on an origin of its own, made of oidc-client-ts, in a real browser."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.support.site import PASSWORD, Application, Site
from tests.support.stand_ins.listener import Listener, QuietHandler

HERE = Path(__file__).parent
LIBRARY = HERE / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.js"
PAGE = ("text/html", HERE / "spa" / "index.html")
FILES = {
    "/": PAGE,
    "/callback": PAGE,
    "/signed-out": PAGE,
    "/application.js": ("text/javascript", HERE / "spa" / "application.js"),
    "/oidc-client-ts.js": ("text/javascript", LIBRARY),
}


class Origin(Listener):
    """Static files over TLS; `settings` is what the page gives to the library's UserManager.

    An https address is the application's own, so that it may be answered silently; what is sent to
    a plain loopback address is asked for each time (tests/security/oidc/test_native_clients.py).
    """

    def __init__(self, identity: Path) -> None:
        self.settings: dict[str, Any] = {}
        origin = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                kind, body = "application/json", json.dumps(origin.settings).encode()
                if path != "/settings.json":
                    kind, file = FILES.get(path, PAGE)
                    body = file.read_bytes()
                self.show(body, kind)

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        super().__init__(Handler, context)
        self.url = f"https://localhost:{self.port}"


class SinglePage:
    """The application in its tab, and the person in front of it."""

    def __init__(self, site: Site, origin: Origin, context: BrowserContext) -> None:
        self.site = site
        self.origin = origin
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)

    def register(self, client_id: str = "spa", **data: Any) -> Application:
        """Register the application as a public client with one redirect URI."""
        return self.site.application(
            client_id,
            public=True,
            redirect_uris=[f"{self.origin.url}/callback"],
            post_logout_redirect_uris=[f"{self.origin.url}/signed-out"],
            **data,
        )

    def open(self, application: Application, **settings: Any) -> None:
        """Load the page with these settings of the library."""
        self.origin.settings = {
            "authority": self.site.issuer,
            "client_id": application.client_id,
            "redirect_uri": application.redirect_uri,
            "post_logout_redirect_uri": f"{self.origin.url}/signed-out",
            "scope": "openid profile email",
            "automaticSilentRenew": False,
            # Otherwise the library keeps acr, amr and auth_time from the application.
            "filterProtocolClaims": False,
            **settings,
        }
        self.page.goto(self.origin.url)
        self.expect_state("Nobody")

    def expect_state(self, text: str) -> None:
        expect(self.page.locator("#state")).to_have_text(text)

    def leave(self, call: str) -> None:
        """Call the library where that leaves the page."""
        self.page.evaluate(f"void attempt(() => manager.{call})")

    def ask(self, call: str) -> Any:
        """Call the library and return what it gives.

        Raises:
            AssertionError: it refused; the text is the OAuth error or the library's message.
        """
        outcome = self.page.evaluate(f"attempt(() => manager.{call})")
        assert "error" not in outcome, outcome["error"]
        return outcome["result"]

    def refused(self, call: str) -> str:
        """Call the library where that fails; return the OAuth error or the library's message."""
        outcome = self.page.evaluate(f"attempt(() => manager.{call})")
        assert "error" in outcome, outcome
        return str(outcome["error"])

    def told(self) -> list[str]:
        """Return the events that the library raised on this page, oldest first."""
        found: list[str] = self.page.evaluate("told")
        return found

    def expect_told(self, event: str) -> None:
        self.page.wait_for_function("event => told.includes(event)", arg=event)

    def frame_answers(self, count: int) -> list[str]:
        """Wait until the provider's session frame has answered so often; return its answers."""
        self.page.wait_for_function("count => frameAnswers.length >= count", arg=count)
        found: list[str] = self.page.evaluate("frameAnswers")
        return found

    def expect_other_token(self, token: str) -> None:
        """Wait until the library has replaced an access token, without being asked."""
        self.page.wait_for_function(
            "token => manager.getUser().then(user => user.access_token !== token)", arg=token
        )

    def user(self) -> dict[str, Any]:
        """Return the library's user: tokens and profile."""
        found: dict[str, Any] = self.ask("getUser()")
        return found

    def sign_in(self, username: str, *, args: str = "") -> dict[str, Any]:
        """Go to the provider, answer its page, come back."""
        self.leave(f"signinRedirect({args})")
        self.page.locator("#username").fill(username)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("#login-submit").click()
        self.expect_state("Signed in")
        return self.user()

    def sign_out_elsewhere(self) -> None:
        """Sign out at the provider itself, in another tab."""
        tab = self.context.new_page()
        tab.goto(f"{self.site.issuer}/end_session")
        tab.locator("#logout-confirm").click()
        expect(tab.locator("#logged-out")).to_be_visible()
        tab.close()


@contextmanager
def origin(identity: Path) -> Iterator[Origin]:
    """Serve the application for the length of a test, by this certificate with its key."""
    with Origin(identity) as found:
        yield found
