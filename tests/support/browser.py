"""A browser without JavaScript, and the answers it gets, in process or from a real server."""

import json
import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from tests.support import secrecy
from tests.support.applications.application import Application

if TYPE_CHECKING:
    from tests.support.site import Site

PASSWORD = "wandering kettle harbour violin"
_TAGS = re.compile(r"""<(?:form|input)\b(?:[^>"']|"[^"]*"|'[^']*')*>""")
"""All that forms are read from: the rest of a page takes the parser twenty times as long."""


class _Forms(HTMLParser):
    """Collects the forms of a page: action, and fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((values.get("action", ""), {}))
        elif values.get("type") == "checkbox" and "checked" not in values:
            return
        elif tag == "input" and self.forms and values.get("name"):
            self.forms[-1][1][values["name"]] = values.get("value", "")


@dataclass
class Answer:
    """One HTTP answer, of the test client or of a real server alike."""

    status: int
    headers: Any
    text: str
    url: str

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))

    @property
    def said(self) -> dict[str, str]:
        """The headers, but for what is another one each time: the date, and the request's id."""
        return {
            name: value
            for name, value in dict(self.headers).items()
            if name.lower() not in ("date", "x-request-id")
        }

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the redirect this answer makes."""
        return dict(parse_qsl(urlsplit(self.location).query))

    @property
    def fragment(self) -> dict[str, str]:
        """The parameters behind the # of the redirect this answer makes."""
        return dict(parse_qsl(urlsplit(self.location).fragment))

    @property
    def posted(self) -> dict[str, str]:
        """The parameters that the page of form_post sends to the application."""
        return self.form()[1] if 'id="form-post"' in self.text else {}

    @property
    def fields(self) -> dict[str, str]:
        """The parameters of an authorization response, however it travels."""
        return self.fragment or self.posted or self.query

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.S)
        return unescape(re.sub(r"<[^>]+>", "", found.group(1))).strip() if found else ""

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]*)"', self.text)
        return found.group(1) if found else ""

    def form(self, action_end: str = "") -> tuple[str, dict[str, str]]:
        """Return the form whose action ends so: its address and its fields."""
        parser = _Forms()
        parser.feed("".join(_TAGS.findall(self.text)))
        return next(form for form in parser.forms if form[0].endswith(action_end))


class Browser:
    """A browser without JavaScript: keeps cookies, follows redirects within the provider."""

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.http = site.client()
        self.at: Answer = Answer(0, {}, "", "")

    def get(self, url: str, **parameters: Any) -> Answer:
        """Open an address without following redirects."""
        if parameters:
            url += "?" + urlencode(parameters)
        return self.http.send("GET", url)

    def open(self, url: str, **parameters: Any) -> Answer:
        """Open an address and follow redirects until a page, or out to an application."""
        return self._follow(self.get(url, **parameters))

    def post(self, url: str, **form: Any) -> Answer:
        """Send a form without following redirects; the page's CSRF token comes along."""
        form.setdefault("csrf_token", self.at.csrf)
        return self.http.send("POST", url, form)

    def submit(self, action_end: str = "", **fields: Any) -> Answer:
        """Fill and send a form of the present page, as the person would."""
        action, values = self.at.form(action_end)
        return self._follow(self.http.send("POST", action, {**values, **fields}))

    def attach(
        self, name: str, content: bytes, action_end: str = "", /, part: str = "file", **fields: Any
    ) -> Answer:
        """Send a form of the present page with a file, as the person would."""
        action, values = self.at.form(action_end)
        mark = "a-part-of-the-form"
        told = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in {**values, **fields}.items()
            if key != part
        ]
        head = f'name="{part}"; filename="{name}"\r\nContent-Type: application/octet-stream'
        told.append(f"--{mark}\r\nContent-Disposition: form-data; {head}\r\n\r\n")
        body = "".join(told).encode() + content + f"\r\n--{mark}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return self._follow(self.http.send("POST", action, body, kind))

    def _follow(self, answer: Answer) -> Answer:
        while 300 <= answer.status < 400 and answer.location.startswith("/"):
            answer = self.http.send("GET", answer.location)
        if answer.text and not 300 <= answer.status < 400:
            self.at = answer
        return answer

    # -- whole steps

    def authorize(self, application: Application, **changes: Any) -> Answer:
        """Begin a sign-in for an application."""
        return self.open("/authorize", **application.request(**changes))

    def sign_in(self, username: str, password: str = PASSWORD) -> Answer:
        """Answer the sign-in page."""
        return self.submit("/password", username=username, password=password)

    def totp(self, secret: str) -> Answer:
        """Answer the page that asks for the app's code."""
        return self.submit("/totp", code=self.site.code(secret))

    def enrol_totp(self) -> Answer:
        """Go through the enrolment of an app: address code, choice, QR code, first code."""
        answer = self.submit("/enrol/proof", code=self.site.mailed_code())
        if self.at.url.endswith("/enrol"):
            answer = self.open(self.at.url + "/totp")
        secret = re.search(r"secret=([A-Z2-7]+)", answer.text)
        assert secret, f"no QR page but {answer.heading!r}"
        self.secret = secret.group(1)
        return self.set_up("/enrol/totp", code=self.site.code(self.secret))

    def set_up(self, action_end: str, **fields: Any) -> Answer:
        """Send the proof that sets up a second step, and go on past the page that says so."""
        return self.past_done(self.submit(action_end, **fields))

    def past_done(self, answer: Answer) -> Answer:
        """Go on past the page that says that a second step is set up, if `answer` is that one."""
        return self.submit("/done", decision="later") if answer.url.endswith("/done") else answer


class InProcess:
    """The application called directly, with cookies."""

    def __init__(self, site: "Site") -> None:
        self._client = site.app.test_client()

    def send(self, method: str, url: str, form: Any = None, headers: Any = None) -> Answer:
        response = self._client.open(url, method=method, data=form, headers=headers)
        secrecy.hoard.told(form)
        secrecy.hoard.answered(str(response.headers), response.text)
        return Answer(response.status_code, response.headers, response.text, url.partition("?")[0])

    def cookies(self) -> dict[str, str]:
        cookie = self._client.get_cookie("acrux")
        return {"acrux": cookie.value} if cookie else {}

    def forget_session(self) -> None:
        """Lose the cookies that end with the browser."""
        self._client.delete_cookie("acrux")

    def set_cookie(self, value: str) -> None:
        self._client.set_cookie("acrux", value)

    def device(self) -> str | None:
        """Return the cookie that outlives sessions."""
        cookie = self._client.get_cookie("acrux-device")
        return cookie.value if cookie else None

    def wish_for(self, languages: str) -> None:
        """Send this as Accept-Language from now on."""
        self._client.environ_base["HTTP_ACCEPT_LANGUAGE"] = languages

    def call_itself(self, user_agent: str) -> None:
        """Send this as User-Agent from now on."""
        self._client.environ_base["HTTP_USER_AGENT"] = user_agent


class OverHttp:
    """A real server, with cookies."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, method: str, url: str, form: Any = None, headers: Any = None) -> Answer:
        response = self._session.request(
            method, self._base + url, data=form, headers=headers, timeout=30, allow_redirects=False
        )
        secrecy.hoard.told(form)
        secrecy.hoard.answered(*response.headers.values(), response.text)
        return Answer(response.status_code, response.headers, response.text, url.partition("?")[0])

    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self._session.cookies}

    def forget_session(self) -> None:
        """Lose the cookies that end with the browser."""
        self._session.cookies.clear_session_cookies()

    def set_cookie(self, value: str) -> None:
        self._session.cookies.set("acrux", value)

    def device(self) -> str | None:
        """Return the cookie that outlives sessions."""
        return self.cookies().get("acrux-device")

    def wish_for(self, languages: str) -> None:
        """Send this as Accept-Language from now on."""
        self._session.headers["Accept-Language"] = languages

    def call_itself(self, user_agent: str) -> None:
        """Send this as User-Agent from now on."""
        self._session.headers["User-Agent"] = user_agent

    def close(self) -> None:
        self._session.close()
