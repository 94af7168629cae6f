"""The tries: ways in which somebody with a password alone might get a token that says too little,
or one that says too much. Each returns the levels of the tokens that it got.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from flask import Flask

from idp.canary.birds import REDIRECT_URI, Bird, Birds, Perch
from idp.canary.rules import Rule
from idp.canary.visitor import Visitor


@dataclass(frozen=True)
class Scene:
    """What a try needs: the application with its rule, one without, and somebody to be."""

    app: Flask
    issuer: str
    rule: Rule
    bird: Bird
    strict: Perch
    free: Perch
    weakest: str
    birds: Birds
    front_channel: bool

    def visitor(self) -> Visitor:
        """Return a browser that was never here."""
        return Visitor(self.app, self.issuer)

    @property
    def demand(self) -> dict[str, str]:
        """What the request says where the rule is of the request."""
        return essential(self.rule.level) if self.rule.essential else {}


class NoSongError(Exception):
    """The canary could not even sign in: it says nothing of the rules."""


def essential(level: str) -> dict[str, str]:
    """Return a claims parameter that makes a level essential (OIDC Core 5.5.1.1)."""
    wanted = {"id_token": {"acr": {"essential": True, "values": [level]}}}
    return {"claims": json.dumps(wanted)}


def by_password(scene: Scene) -> list[str]:
    """A sign-in as far as a password leads; then the address of its end, past what is left."""
    visitor = scene.visitor()
    out = signed_in(visitor, scene, scene.strict, **scene.demand)
    found = levels(visitor, scene.strict, out)
    if visitor.path.startswith("/interaction/"):
        whole = "/".join(visitor.path.split("/")[:3])
        found += levels(visitor, scene.strict, visitor.open(whole))
    return found


def silently(scene: Scene) -> list[str]:
    """prompt=none, in a browser that has a weak session of another application."""
    visitor = scene.visitor()
    signed_in(visitor, scene, scene.free)
    request = scene.strict.request(prompt="none", **scene.demand)
    return levels(visitor, scene.strict, visitor.open("/authorize", **request))


def asking_for_less(scene: Scene) -> list[str]:
    """A request that names the weakest level, as wished for and as all that will do."""
    if scene.rule.essential:
        return []
    found = []
    for less in ({"acr_values": scene.weakest}, essential(scene.weakest)):
        visitor = scene.visitor()
        out = signed_in(visitor, scene, scene.strict, **less)
        found += levels(visitor, scene.strict, out)
    return found


def asking_for_less_silently(scene: Scene) -> list[str]:
    """prompt=none and a wish for the weakest level, beside what is demanded."""
    visitor = scene.visitor()
    signed_in(visitor, scene, scene.free)
    request = scene.strict.request(prompt="none", acr_values=scene.weakest, **scene.demand)
    return levels(visitor, scene.strict, visitor.open("/authorize", **request))


def by_front_channel(scene: Scene) -> list[str]:
    """Tokens through the browser, where the installation allows that."""
    if not scene.front_channel:
        return []
    found = []
    for words in ("id_token", "code id_token"):
        visitor = scene.visitor()
        out = signed_in(visitor, scene, scene.strict, response_type=words, **scene.demand)
        found += levels(visitor, scene.strict, out)
    return found


def after_the_floor_was_raised(scene: Scene) -> list[str]:
    """A weak sign-in from before an application demanded a level: no new code rests on it.

    Its refresh token goes on, and says what it always said (docs/acr.md rule 12).
    """
    perch = scene.birds.perch()
    visitor = scene.visitor()
    wanted = {"scope": "openid offline_access", "prompt": "consent"}
    answer = redeemed(visitor, perch, signed_in(visitor, scene, perch, **wanted))
    scene.birds.raise_floor(perch, scene.rule.level)
    refresh = str((answer or {}).get("refresh_token", ""))
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    refreshed = visitor.ask("/token", form, perch.authentication) if refresh else None
    if acr_of(refreshed) not in ("", scene.weakest):
        return [acr_of(refreshed)]
    out = visitor.open("/authorize", **perch.request(prompt="none"))
    return levels(visitor, perch, out)


_FORM = "/password"
"""What the action of the form ends with that asks for name and password."""
ATTEMPTS: tuple[Callable[[Scene], list[str]], ...] = (
    by_password,
    silently,
    asking_for_less,
    asking_for_less_silently,
    by_front_channel,
    after_the_floor_was_raised,
)
"""All tries, by the name of the function."""


def truthful(scene: Scene) -> list[str]:
    """A request that wishes for a level without demanding it: the token says what was proved."""
    visitor = scene.visitor()
    out = signed_in(visitor, scene, scene.free, acr_values=scene.rule.level)
    return levels(visitor, scene.free, out)


def signed_in(visitor: Visitor, scene: Scene, perch: Perch, **changes: str) -> str:
    """Begin a sign-in and answer the password page; return where it leads out of the house.

    Raises:
        NoSongError: there was no such page, or the password was not taken.
    """
    out = visitor.open("/authorize", **perch.request(**changes))
    if out:
        return out
    if not visitor.sees(_FORM):
        raise NoSongError("there was no page that asks for a password")
    form = {"username": scene.bird.name, "password": scene.bird.password}
    out = visitor.submit(_FORM, **form)
    if not out and visitor.sees(_FORM):
        raise NoSongError("the canary's own password was not taken")
    return out


def levels(visitor: Visitor, perch: Perch, out: str) -> list[str]:
    """Return the acr of each token that an answer gives or is good for."""
    fields = _fields(out)
    found = [acr_of(fields), acr_of(redeemed(visitor, perch, out))]
    return [level for level in found if level]


def redeemed(visitor: Visitor, perch: Perch, out: str) -> dict[str, str] | None:
    """Return what the code of an answer is exchanged for; None for none."""
    code = _fields(out).get("code")
    if code is None:
        return None
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": perch.verifier,
    }
    answer: dict[str, str] | None = visitor.ask("/token", form, perch.authentication)
    return answer


def acr_of(answer: dict[str, str] | None) -> str:
    """Return what the ID token of an answer says; "" where there is none."""
    parts = str((answer or {}).get("id_token", "")).split(".")
    if len(parts) != 3:
        return ""
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    return str(json.loads(base64.urlsafe_b64decode(padded)).get("acr", ""))


def _fields(out: str) -> dict[str, str]:
    parts = urlsplit(out)
    return dict(parse_qsl(parts.fragment or parts.query))
