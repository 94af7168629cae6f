"""An attacker beside the load, with everything that was used, ended or belongs to someone else.

Who asks with it must never be given anything. Each try is a deed of the kind `attack`.
"""

import base64
import json
import secrets
from collections.abc import Callable
from typing import Any

from torture.deeds import Elsewhere, Visitor
from torture.web import Reply


class Attacker(Visitor):
    """Tries one thing after another."""

    def tries(self) -> list[Callable[[], None]]:
        return [
            self.code_again,
            self.code_of_another,
            self.refresh_again,
            self.access_as_refresh,
            self.forged_token,
            self.altered_id_token,
            self.totp_again,
            self.recovery_again,
            self.link_again,
            self.old_password,
            self.ended_cookie,
            self.guessed_cookie,
        ]

    def attack(
        self, way: str, ask: Callable[[], Reply], won: Callable[[Reply], bool], **asked: Any
    ) -> None:
        self.say("attack", ask, lambda reply: {"done": won(reply)}, way=way, **asked)

    def code_again(self) -> None:
        """A code that the application redeemed, with the application's own secret: it leaked."""
        code = self.found("code")["code"]
        self.ask_tokens("redeem", self.house.app.redemption(code), code=code)

    def code_of_another(self) -> None:
        """A code without the verifier."""
        form = self.house.app.redemption(self.found("code")["code"])
        form["code_verifier"] = secrets.token_urlsafe(40)
        self.tokens_for("code without its verifier", form)

    def refresh_again(self) -> None:
        """A refresh token that was rotated."""
        old = self.found("refresh")
        form = {"grant_type": "refresh_token", "refresh_token": old["token"]}
        self.ask_tokens("refresh", form, code=old["code"], refresh=old["token"])

    def access_as_refresh(self) -> None:
        token = self.found("access")["token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        self.tokens_for("an access token as a refresh token", form)

    def forged_token(self) -> None:
        head = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
        token = f"{head}.{secrets.token_urlsafe(40)}."
        self.attack("a forged access token", lambda: self.userinfo(token), _is_answered)

    def altered_id_token(self) -> None:
        token = self.found("access")["token"]
        changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        self.attack("an altered access token", lambda: self.userinfo(changed), _is_answered)

    def userinfo(self, token: str) -> Reply:
        bearer = {"Authorization": f"Bearer {token}"}
        return self.server.ask("GET", "/userinfo", headers=bearer)

    def tokens_for(self, way: str, form: dict[str, str]) -> None:
        headers = self.house.app.authentication()
        self.attack(way, lambda: self.server.ask("POST", "/token", form, headers), _is_answered)

    def totp_again(self) -> None:
        """The code of an app that was seen over a shoulder, with the password."""
        self.code_typed_again("totp")

    def recovery_again(self) -> None:
        self.code_typed_again("recovery")

    def code_typed_again(self, kind: str) -> None:
        seen = self.found(kind)
        person = next(p for p in self.house.people if p.username == seen["person"])
        self.anew()
        following = self.browser.follow(self.first_step(self.begin(), person, person.password))
        page = self.browser.open(f"{following.path.rpartition('/')[0]}/{kind}")
        if page.path.endswith(f"/{kind}"):
            self.code_step(kind, page, person, seen["code"], once=seen["once"])

    def link_again(self) -> None:
        link = self.found("link")["link"]
        self.anew()
        self.attack("an old link", lambda: self.browser.ask("GET", link), _is_answered)

    def old_password(self) -> None:
        seen = self.found("password")
        person = next(p for p in self.house.people if p.username == seen["person"])
        self.anew()
        self.first_step(self.begin(), person, seen["password"])

    def ended_cookie(self) -> None:
        """The cookie of a session that was signed out."""
        seen = self.found("cookie")
        self.with_cookie("the cookie of an ended session", seen["value"])

    def guessed_cookie(self) -> None:
        self.with_cookie("a guessed cookie", secrets.token_urlsafe(32))

    def with_cookie(self, way: str, value: str) -> None:
        self.anew()
        self.browser.cookies[self.house.cookie] = value
        self.attack(way, lambda: self.begin(prompt="none"), lambda reply: "code" in reply.query)

    def found(self, kind: str) -> dict[str, str]:
        seen = self.loot.any(kind)
        if seen is None:
            raise Elsewhere("nothing found yet")
        return seen


def _is_answered(reply: Reply) -> bool:
    return reply.status == 200
