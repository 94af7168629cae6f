"""The browser of the check: it goes between the application and the provider, and nowhere else."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests

from idp.rp_check.asked import Asked, NotCheckedError, read
from idp.rp_check.faults import Answer

HOPS = 12
"""Redirects in a row: more are a circle."""
WAIT = 20.0
"""Seconds for one answer of the application."""
LARGEST = 2 * 2**20
"""Bytes of a page that are read."""


@dataclass(frozen=True)
class Page:
    """Where a walk ended."""

    url: str
    status: int
    text: str
    asked: Asked | None = None
    """What the application asks the provider for, where it sent the browser there."""

    @property
    def place(self) -> str:
        """The address without its query, which may differ each time."""
        return self.url.partition("?")[0]


class Browser:
    """One browser, with the cookies of the application. It runs no script."""

    def __init__(self, origins: frozenset[str], issuer: str, verify: str | bool) -> None:
        """`origins` are all that it calls; `verify` is a file of authorities, or True."""
        self._origins = origins
        self._issuer = issuer
        self._session = requests.Session()
        self._session.trust_env = False
        self._verify = verify
        self._session.headers["Accept"] = "text/html, */*;q=0.8"
        self._session.headers["User-Agent"] = "acrux-rp-check"

    def get(self, url: str) -> Page:
        """Open an address, and follow it until a page, or until it leads to the provider.

        Raises:
            NotCheckedError: the application does not answer, goes in a circle, or leads elsewhere.
        """
        return self._follow("GET", url, None)

    def bring(self, asked: Asked, answer: Answer) -> Page:
        """Bring the provider's answer to the application, as `asked` wants it brought.

        Raises:
            NotCheckedError: as `get`.
        """
        if asked.posts:
            return self._follow("POST", asked.redirect_uri, answer)
        mark = "&" if urlsplit(asked.redirect_uri).query else "?"
        return self._follow("GET", f"{asked.redirect_uri}{mark}{urlencode(answer)}", None)

    def _follow(self, method: str, url: str, form: Answer | None) -> Page:
        for _ in range(HOPS):
            if url.startswith(f"{self._issuer}/"):
                return self._arrived(url)
            answer = self._ask(method, url, form)
            if not answer.is_redirect:
                return Page(url, answer.status_code, _text(answer))
            url = _joined(url, answer.headers["Location"])
            method, form = "GET", None
        raise NotCheckedError(f"it redirects for ever, at {urlsplit(url).path}")

    def _arrived(self, url: str) -> Page:
        """Take up what the browser is sent to the provider with."""
        parts = urlsplit(url)
        if not parts.path.endswith("/authorize"):
            return Page(url, 200, "")
        return Page(url, 302, "", read(dict(parse_qsl(parts.query, keep_blank_values=True))))

    def _ask(self, method: str, url: str, form: Answer | None) -> requests.Response:
        if origin(url) not in self._origins:
            raise NotCheckedError(
                f"it leads to {origin(url)}, which is neither its own address nor this provider's"
            )
        headers = {"Origin": self._issuer} if method == "POST" else {}
        try:
            return self._session.request(
                method,
                url,
                data=form,
                headers=headers,
                allow_redirects=False,
                timeout=WAIT,
                stream=True,
                verify=self._verify,
            )
        except requests.RequestException as error:
            raise NotCheckedError(
                f"{origin(url)} does not answer: {type(error).__name__}"
            ) from None
        except ValueError:
            # The library looks at where an answer leads, whether it is to follow or not.
            raise NotCheckedError("it redirects to what is no address") from None


def origin(url: str) -> str:
    """Return scheme, host and port of an address, as RFC 6454 has them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _joined(url: str, location: str) -> str:
    try:
        found = urljoin(url, location)
        origin(found)
    except ValueError:
        raise NotCheckedError("it redirects to what is no address") from None
    return found


def _text(answer: requests.Response) -> str:
    raw = b""
    try:
        for piece in answer.iter_content(65536):
            raw += piece
            if len(raw) > LARGEST:
                break
    except requests.RequestException:
        # What came so far is what there is.
        pass
    answer.close()
    try:
        return raw.decode(answer.encoding or "utf-8", "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")
