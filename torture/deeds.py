"""What people and their applications do, and what of it goes into the journal.

A deed that gets no answer ends there (`Unanswered`); whoever does it begins anew.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp

from idp import clock
from torture.house import House, Loot, Person, new_password
from torture.journal import Journal
from torture.web import Browser, Reply, Unanswered

WAIT = 8.0
"""Seconds for which a message is waited for."""


LATE = 4.0
"""Seconds after which a refresh token is used a second time in earnest: more than the grace."""


class Elsewhere(Exception):
    """The provider leads somewhere else than this deed goes: it ends without a word."""


@dataclass
class Family:
    """What an application holds of one sign-in."""

    code: str
    person: Person
    access: str
    refresh: str
    id_token: str
    old: tuple[str, float] = ("", 0.0)
    """A refresh token that was used up, and when."""


class Visitor:
    """A browser and the application it uses."""

    def __init__(self, house: House, journal: Journal, loot: Loot, who: str) -> None:
        self.house, self.journal, self.loot, self.who = house, journal, loot, who
        self.browser = Browser(house.door, journal)
        self.server = Browser(house.door, journal)
        self.session = ""
        """A name of ours for what the browser is signed in to."""
        self.person: Person | None = None
        self.family: Family | None = None

    # -- asking, with the journal

    def say(
        self,
        kind: str,
        ask: Callable[[], Reply],
        heard: Callable[[Reply], dict[str, Any]],
        **asked: Any,
    ) -> Reply:
        """Note the question, ask it, note the answer.

        Raises:
            Unanswered: there was none.
        """
        number = self.journal.ask(kind, who=self.who, **asked)
        try:
            reply = ask()
        except Unanswered as error:
            self.journal.answer(number, error.status)
            raise
        self.journal.answer(number, reply.status, **heard(reply))
        return reply

    def close(self) -> None:
        self.browser.close()
        self.server.close()

    def anew(self) -> None:
        """Take another browser, with no cookie in it."""
        self.close()
        self.browser = Browser(self.house.door, self.journal)
        self.session, self.person, self.family = "", None, None

    # -- signing in

    def begin(self, scope: str = "openid profile email offline_access", **more: str) -> Reply:
        """Open an authorization request."""
        wish = self.house.app.request(scope=scope, **more)
        return self.browser.open("/authorize", **wish)

    def sign_in(self, person: Person) -> None:
        """A new browser: password, second step, code, tokens."""
        self.anew()
        page = self.begin()
        following = self.browser.follow(self.first_step(page, person, person.password))
        answer = self.second_step(following, person)
        self.person, self.session = person, f"{self.who}.{time.monotonic_ns()}"
        self.redeem(self.code_of(self.browser.follow(answer), person), person)

    def first_step(self, page: Reply, person: Person, password: str) -> Reply:
        def ask() -> Reply:
            return self.browser.submit(
                page, "/password", username=person.username, password=password
            )

        known = {"person": person.sub, "password": password}
        answer = self.say("password", ask, lambda r: {"done": r.status == 303}, **known)
        if answer.status != 303:
            raise Elsewhere("the password was refused")
        return answer

    def second_step(self, page: Reply, person: Person) -> Reply:
        if page.path.endswith("/totp") and person.secret:
            return self.totp(page, person)
        if page.path.endswith("/sms"):
            return self.text(page, person)
        raise Elsewhere(page.path)

    def totp(self, page: Reply, person: Person) -> Reply:
        step = person.used_step
        code = pyotp.TOTP(person.secret).generate_otp(step)
        answer = self.code_step("totp", page, person, code, once=f"{person.sub} {step}")
        self.loot.add("totp", person=person.username, code=code, once=f"{person.sub} {step}")
        return answer

    def text(self, page: Reply, person: Person) -> Reply:
        known = len(self.house.carrier.messages)
        self.browser.follow(self.browser.submit(page, "/sms/send"))
        code = self.wait(lambda: self.house.texted_code(person, known))
        return self.code_step("sms", page, person, code, once=f"{page.path} {code}")

    def recovery(self, person: Person) -> None:
        """Use a recovery code, and leave before a new second step is set up."""
        self.anew()
        following = self.browser.follow(self.first_step(self.begin(), person, person.password))
        page = self.browser.open(following.path.rpartition("/")[0] + "/recovery")
        if not page.path.endswith("/recovery") or not person.codes:
            raise Elsewhere(page.path)
        code = person.codes.pop()
        self.loot.add("recovery", person=person.username, code=code, once=f"{person.sub} {code}")
        self.code_step("recovery", page, person, code, once=f"{person.sub} {code}")

    def code_step(self, kind: str, page: Reply, person: Person, code: str, once: str) -> Reply:
        def ask() -> Reply:
            return self.browser.follow(self.browser.submit(page, f"/{kind}", code=code))

        def led_on(reply: Reply) -> bool:
            # A sign-in that has ended meanwhile leads back to its beginning, whatever was typed.
            there = reply.status in (200, 303) and not reply.path.endswith(("/login", f"/{kind}"))
            return there and "error" not in reply.query

        known = {"person": person.sub, "once": once}
        answer = self.say(kind, ask, lambda r: {"done": led_on(r)}, **known)
        if not led_on(answer):
            raise Elsewhere(f"{kind} was refused")
        return answer

    def code_of(self, reply: Reply, person: Person) -> str:
        code = reply.query.get("code", "")
        if not code:
            raise Elsewhere(reply.path)
        self.journal.note("code", code=code, person=person.sub, session=self.session)
        return code

    def flow(self, *, offline: bool) -> str:
        """Return a code from the living session, without a page."""
        person = self._signed_in()
        scope = "openid profile" + (" offline_access" if offline else "")
        known = {"person": person.sub, "session": self.session}
        reply = self.say(
            "authorize",
            lambda: self.begin(scope, prompt="none"),
            lambda r: {"done": "code" in r.query},
            **known,
        )
        if "code" not in reply.query:
            self.person = None
            raise Elsewhere(reply.query.get("error", reply.path))
        return self.code_of(reply, person)

    # -- what the application does

    def flow_with_tokens(self, *, offline: bool) -> None:
        person = self._signed_in()
        self.redeem(self.flow(offline=offline), person)

    def redeem(self, code: str, person: Person) -> None:
        reply = self.ask_tokens("redeem", self.house.app.redemption(code), code=code)
        if reply.status == 200:
            self.keep(code, person, reply)

    def keep(self, code: str, person: Person, reply: Reply) -> None:
        said = reply.json
        self.family = Family(
            code,
            person,
            said["access_token"],
            said.get("refresh_token", ""),
            said["id_token"],
        )
        self.loot.add("code", code=code)
        self.loot.add("access", token=said["access_token"])

    def ask_tokens(
        self, kind: str, form: dict[str, str], server: Browser | None = None, **asked: Any
    ) -> Reply:
        """Ask the token endpoint; what it gives stands in the journal."""
        server = server or self.server
        headers = self.house.app.authentication()

        def heard(reply: Reply) -> dict[str, Any]:
            said = reply.json if reply.status in (200, 400) else {}
            names = ("access_token", "refresh_token", "id_token", "error")
            return {"done": reply.status == 200, **{n: said[n] for n in names if n in said}}

        return self.say(kind, lambda: server.ask("POST", "/token", form, headers), heard, **asked)

    def twice(self, kind: str, form: dict[str, str], **asked: Any) -> list[Reply]:
        """Ask for the same tokens on two connections at once."""
        found: list[Reply] = []

        def ask(server: Browser) -> None:
            try:
                found.append(self.ask_tokens(kind, form, server, **asked))
            except Unanswered:
                server.close()

        other = Browser(self.house.door, self.journal)
        thread = threading.Thread(target=ask, args=(other,))
        thread.start()
        ask(self.server)
        thread.join()
        other.close()
        return found

    def refresh(self) -> None:
        family = self._family(refresh=True)
        old = family.refresh
        reply = self.ask_tokens("refresh", _refresh(old), code=family.code, refresh=old)
        self._took(reply, old)

    def refresh_twice(self) -> None:
        family = self._family(refresh=True)
        old = family.refresh
        replies = self.twice("refresh", _refresh(old), code=family.code, refresh=old)
        if not replies:
            raise Unanswered
        good = [reply for reply in replies if reply.status == 200]
        self._took((good or replies)[0], old)

    def refresh_late(self) -> None:
        """Somebody uses a token of a while ago: the family is over for both."""
        family = self._family(refresh=True)
        old, at = family.old
        if not old or time.monotonic() < at + LATE:
            raise Elsewhere("too early")
        self.ask_tokens("refresh", _refresh(old), code=family.code, refresh=old)
        self.refresh()

    def _took(self, reply: Reply, old: str) -> None:
        family = self._family(refresh=True)
        if reply.status != 200:
            self.family = None
            return
        said = reply.json
        if not family.old[0]:
            family.old = (old, time.monotonic())
        family.access, family.refresh = said["access_token"], said["refresh_token"]
        family.id_token = said.get("id_token", family.id_token)
        self.loot.add("refresh", code=family.code, token=old)

    def redeem_twice(self) -> None:
        code = self.flow(offline=True)
        form = self.house.app.redemption(code)
        replies = self.twice("redeem", form, code=code)
        # Whoever was second has ended the family of the first.
        self.family = None
        if not replies:
            raise Unanswered

    def use(self) -> None:
        """Ask who the access token speaks for, and whether it is good."""
        family = self._family()
        bearer = {"Authorization": f"Bearer {family.access}"}
        known = {"code": family.code, "token": family.access}
        self.say(
            "userinfo",
            lambda: self.server.ask("GET", "/userinfo", headers=bearer),
            lambda r: {"done": r.status == 200},
            **known,
        )
        self.say(
            "introspect",
            lambda: self._client("/introspect", token=family.access),
            lambda r: {"done": r.status == 200 and r.json.get("active") is True},
            **known,
        )

    def revoke(self, *, whole: bool) -> None:
        family = self._family(refresh=whole)
        token = family.refresh if whole else family.access
        self.say(
            "revoke",
            lambda: self._client("/revoke", token=token),
            lambda r: {"done": r.status == 200},
            code=family.code,
            token=token,
            whole=whole,
        )
        self.use()
        if whole:
            self.ask_tokens("refresh", _refresh(token), code=family.code, refresh=token)
        self.family = None

    def own_token(self) -> None:
        """Client credentials."""
        self.ask_tokens("own", {"grant_type": "client_credentials"})

    def _client(self, path: str, **form: str) -> Reply:
        return self.server.ask("POST", path, form, self.house.app.authentication())

    def _family(self, *, refresh: bool = False) -> Family:
        if self.family is None or (refresh and not self.family.refresh):
            raise Elsewhere("nothing in hand")
        return self.family

    # -- the session and the account

    def _signed_in(self) -> Person:
        if self.person is None:
            raise Elsewhere("not signed in")
        return self.person

    def sign_out(self) -> None:
        person = self._signed_in()
        page = self.browser.open("/end_session")
        cookie = self.browser.cookies.get(self.house.cookie, "")
        answer = self.say(
            "sign-out",
            lambda: self.browser.submit(page, "/end_session"),
            lambda r: {"done": r.status in (200, 303)},
            session=self.session,
            person=person.sub,
        )
        if answer.status not in (200, 303):
            raise Elsewhere(f"the sign-out was answered {answer.status}")
        self.loot.add("cookie", value=cookie, session=self.session)
        self.flow(offline=False)

    def change_password(self) -> None:
        """On the account page, with the present one."""
        person = self._signed_in()
        page = self.browser.open("/account/password")
        if page.path != "/account/password":
            raise Elsewhere(page.path)
        self._change(
            person,
            "change",
            lambda new: self.browser.submit(
                page, "/password", current=person.password, password=new
            ),
        )

    def forget(self, person: Person) -> None:
        """Ask for a link by mail, and choose a password with it."""
        self.anew()
        page = self.browser.open("/forgot")
        known = len(self.house.mail.mails)
        self.say(
            "forgot",
            lambda: self.browser.submit(page, "/forgot", username=person.username),
            lambda r: {"done": r.status == 303},
            person=person.sub,
            email=person.email,
        )
        link = self.wait(lambda: self.house.mailed_link(person, known))
        page = self.browser.open(link)
        changed = self._change(
            person,
            "link",
            lambda new: self.browser.ask(
                "POST", link, {"csrf_token": _csrf(page), "password": new}
            ),
            once=link,
        )
        if changed:
            self.loot.add("link", link=link, person=person.sub)

    def _change(self, person: Person, kind: str, ask: Callable[[str], Reply], **asked: Any) -> bool:
        """Return True if the new password was acknowledged."""
        new, old = new_password(), person.password
        person.unsure = True
        known = {"person": person.sub, "old": old, "new": new, **asked}
        reply = self.say(kind, lambda: ask(new), lambda r: {"done": r.status == 303}, **known)
        person.unsure = False
        if reply.status == 303:
            person.password = new
            self.loot.add("password", person=person.username, sub=person.sub, password=old)
        return reply.status == 303

    def disable(self, person: Person) -> None:
        """An operator switches an account off, tries it, and switches it on again."""
        for word in ("disable", "enable"):
            number = self.journal.ask(word, person=person.sub)
            ended = self.house.server.command("user", word, person.username)
            self.journal.answer(
                number, 0 if ended.returncode == 0 else None, done=not ended.returncode
            )
            if ended.returncode:
                raise Unanswered
            if word == "disable":
                self._try(person)

    def _try(self, person: Person) -> None:
        for deed in (self.use, self.refresh, lambda: self.sign_in(person)):
            try:
                deed()
            except (Elsewhere, Unanswered):
                continue

    def wait(self, look: Callable[[], str]) -> str:
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.05)
        raise Elsewhere("no message came")


def _refresh(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


def _csrf(page: Reply) -> str:
    return page.text.partition('name="csrf_token" value="')[2].partition('"')[0]


def ready(person: Person) -> bool:
    """Return True, and take the app's present step, if it was not used yet."""
    step = clock.now() // 30
    if person.unsure or (person.secret and step <= person.used_step):
        return False
    person.used_step = step
    return True
