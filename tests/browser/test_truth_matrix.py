"""acr, amr and auth_time as an application gets them: each way of signing in, each way of asking.

What is expected is written down in the tables here, by the rules of docs/acr.md (named in the
comments), and is never computed. Someone signs in once by each way, in Chromium, and that browser
then carries every request: the single sign-on. One without a page (prompt=none) goes with the
browser's cookies, and without its window. Each ID token is verified with the published keys.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser as Chromium

from idp import clock
from tests.browser.conftest import Surfer
from tests.browser.walks import AMR, WAYS, arrive, column, parameters, said, sign_in
from tests.protocol.oidc.apis import payroll
from tests.support.site import MFA, MFA_APP, PASSWORD, Application, Site
from tests.support.stand_ins.callback import Callback, callback
from tests.support.stand_ins.virtual_device import Device

pytestmark = pytest.mark.browser

# A cell is the acr of the answer (`app` is urn:acrux:acr:mfa-app), or why there is none:
#   more   a page asks for what is missing; without a page it is interaction_required (rules 2, 8)
#   never  unmet_authentication_requirements (rules 2, 8)
#   again   a page asks for a whole new sign-in; without a page it is login_required (rules 7, 8)
# Columns: password | app | text, call | the four passkeys | recovery, set-up.
# The mark * says that auth_time is in the token.
TABLE = """
nothing                  1fa   app   mfa   phr   app
wish 1fa                 1fa   app   mfa   phr   app
wish mfa                 1fa   mfa   mfa   mfa   mfa
wish app                 1fa   app   mfa   app   app
wish phr                 1fa   app   mfa   phr   app
wish phrh                1fa   app   mfa   phr   app
wish gold                1fa   app   mfa   phr   app
wish phrh+app+1fa        1fa   app   mfa   app   app
wish gold+1fa+mfa        1fa   mfa   mfa   mfa   mfa
demand 1fa               1fa   1fa   1fa   1fa   1fa
demand mfa               more  mfa   mfa   mfa   mfa
demand app               more  app   more  app   app
demand phr               more  more  more  phr   more
demand phrh              never never never never never
demand gold              never never never never never
demand phrh+gold         never never never never never
demand phrh+mfa          more  mfa   mfa   mfa   mfa
demand app&wish phr      more  app   more  app   app
value mfa                more  mfa   mfa   mfa   mfa
value phrh               never never never never never
optional mfa             1fa   mfa   mfa   mfa   mfa
time                     1fa*  app*  mfa*  phr*  app*
max_age 3600             1fa*  app*  mfa*  phr*  app*
max_age 3600&wish mfa    1fa*  mfa*  mfa*  mfa*  mfa*
max_age 0                anew  anew  anew  anew  anew
@default                 1fa   mfa   mfa   phr   mfa
@default&wish app        1fa   app   mfa   app   app
@default&demand 1fa      1fa   1fa   1fa   1fa   1fa
@required                more  mfa   mfa   phr   mfa
@required&wish gold      never never never never never
@floor-mfa               more  app*  mfa*  phr*  app*
@floor-mfa&wish 1fa      more  app*  mfa*  phr*  app*
@floor-mfa&demand 1fa    more  1fa*  1fa*  1fa*  1fa*
@floor-phr               more  more  more  phr*  more
@floor-phr&wish mfa      more  more  more  phr*  more
@floor-phrh              never never never never never
@earlier                 1fa   app   mfa   phr   more
"""
# Rules behind the cells that surprise: a wish weaker than the floor of anyone who has a second
# factor is not stated, a demand is (5, 6); a factor set up in the sign-in counts nothing for
# `earlier`, which refuses such proofs, until the next sign-in (10); an unattested key is never
# `phrh`.
REGISTRATIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "default": {"default_acr_values": ["phrh", "phr", MFA]},
    "required": {"default_acr_values": ["phr", MFA], "acr_values_mode": "required"},
    "floor-mfa": {"min_acr": MFA},
    "floor-phr": {"min_acr": "phr"},
    "floor-phrh": {"min_acr": "phrh"},
    "earlier": {"accepts_bootstrap": False},
}
AGREED = ("nothing", "wish mfa", "demand app", "demand phrh", "time", "@floor-mfa")
"""What is asked for together with a single act (RFC 9396), to which the person agrees each time."""
SILENT = {
    "more": "interaction_required",
    "never": "unmet_authentication_requirements",
    "anew": "login_required",
}


def expected(way: str) -> dict[str, str]:
    """Return the column of a way: from each ask to its cell."""
    return dict(column(TABLE, way))


class Parties:
    """The applications, and the provider they rely on."""

    def __init__(self, site: Site, back: Callback) -> None:
        self.site = site
        self.back = back
        payroll.registered(site)
        more: dict[str, Any] = {
            "redirect_uris": [back.url],
            "authorization_details_types": ["pay_run"],
        }
        self.all = {
            name: site.application(name, **more, **data) for name, data in REGISTRATIONS.items()
        }

    def answered(
        self, surfer: Surfer, ask: str, since: int, *, pushed: bool = False, **more: str
    ) -> str:
        """Send the browser with `ask`; return what came of it, in the words of the table."""
        client, request = parameters(ask)
        application, before = self.all[client], len(self.back.visits)
        asked = application.request(**request, **more)
        query = urlencode(self.push(application, asked) if pushed else asked)
        address = f"{self.site.issuer}/authorize?{query}"
        if more.get("prompt") == "none":
            # Nothing is shown: of the browser, its cookies are what answers.
            surfer.context.request.get(address)
            assert len(self.back.visits) > before, ask
        else:
            surfer.page.goto(address, wait_until="domcontentloaded")
        if len(self.back.visits) == before and surfer.page.locator("#leave").count():
            # Told to the person first, who goes back then.
            surfer.page.locator("#leave").click()
            surfer.answer()
        if "authorization_details" in more and surfer.page.locator("#consent-allow").count():
            surfer.press("I agree")
            surfer.answer()
        if len(self.back.visits) == before:
            known = surfer.page.locator("#login-page").count()
            return "anew" if known else "more"
        answer = self.back.visits[-1]
        if "code" not in answer:
            return answer["error"]
        token = self.site.redeem(application, answer["code"])
        assert token.status == 200, token.text
        return said(self.site.id_token(token.json["id_token"]), since)

    def push(self, application: Application, asked: dict[str, str]) -> dict[str, str]:
        """Push a request (RFC 9126); return what the browser is sent with."""
        proof = application.authentication()
        answer = self.site.client().send("POST", "/par", asked, proof)
        assert answer.status == 201, answer.text
        return {"client_id": application.client_id, "request_uri": answer.json["request_uri"]}


def as_answered(cell: str, way: str, *, silent: bool) -> str:
    """Return what `answered` gives for a cell: the same with a page and without, or an error."""
    if cell == "never" or (silent and cell in SILENT):
        return SILENT[cell]
    return cell if cell in SILENT else f"{cell} {AMR[way]}"


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    folder = tmp_path_factory.mktemp("truth")
    limits = {"sms__voice": "true", "sms__per_hour": 100, "mail__per_hour": 100}
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", throttle__source_limit=10**6, **limits)
    with site.serve(), callback() as back:
        yield Parties(site, back)
    site.close()


@pytest.fixture
def surfer(parties: Parties, chromium: Chromium) -> Iterator[Surfer]:
    context = chromium.new_context()
    yield Surfer(parties.site, context, parties.back)
    context.close()


@pytest.mark.parametrize("name", WAYS)
def test_each_ask_is_answered_with_the_truth(parties: Parties, surfer: Surfer, name: str) -> None:
    way, since = WAYS[name], clock.now()
    who = arrive(surfer, way, name, parties.all["floor-phr"])
    plain = parties.all["plain"]
    first = said(sign_in(who, way, plain), since)
    table = expected(name)
    assert first == f"{table['nothing']} {AMR[name]}"
    for silent, pushed in ((False, False), (True, False), (True, True)):
        more: dict[str, Any] = {"prompt": "none"} if silent else {}
        more["pushed"] = pushed
        found = {ask: parties.answered(surfer, ask, since, **more) for ask in table}
        wanted = {ask: as_answered(cell, name, silent=silent) for ask, cell in table.items()}
        assert found == wanted
    # To agree to a single act makes a sign-in no stronger, and no newer.
    deed: dict[str, Any] = {"pushed": True, "authorization_details": payroll.details()}
    found = {ask: parties.answered(surfer, ask, since, **deed) for ask in AGREED}
    assert found == {ask: as_answered(table[ask], name, silent=False) for ask in AGREED}
    again = parties.answered(surfer, "nothing", since, prompt="login")
    assert again == "anew", "whoever is there signs in anew when that is asked"


def tokens(parties: Parties, surfer: Surfer, client: str, **ask: str) -> dict[str, Any]:
    """Send the browser with an ask that needs no page; return the answer of the token endpoint."""
    application = parties.all[client]
    surfer.start(application, **ask)
    answer = parties.site.redeem(application, surfer.answer()["code"])
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_stronger_sign_in_is_said_of_new_authorizations_alone(
    parties: Parties, surfer: Surfer
) -> None:
    """Rule 12: a refresh neither raises nor renews what was fixed at the code."""
    site, plain = parties.site, parties.all["plain"]
    started = clock.now()
    who = arrive(surfer, WAYS["password"], "raised", parties.all["floor-phr"])
    sign_in(who, WAYS["password"], plain)
    old = tokens(parties, surfer, "plain", scope="openid offline_access", max_age="9999")
    before = site.id_token(old["id_token"])
    assert said(before, started) == "1fa* pwd"
    site.advance(600)
    stronger = sign_up(surfer, plain)
    assert said(stronger, started) == "app* pwd otp mfa"
    # The oldest proof counted: the password, not the code.
    assert stronger["auth_time"] == before["auth_time"]
    new = tokens(parties, surfer, "plain", scope="openid offline_access", max_age="9999")
    site.advance(600)
    for first in (old, new):
        again = site.refresh(plain, first["refresh_token"])
        assert again.status == 200, again.text
        kept, was = site.id_token(again.json["id_token"]), site.id_token(first["id_token"])
        for claim in ("sub", "acr", "amr", "auth_time", "sid"):
            assert kept[claim] == was[claim]
    assert said(site.id_token(new["id_token"]), started) == "app* pwd otp mfa"


def sign_up(surfer: Surfer, application: Application) -> dict[str, Any]:
    """Let someone who is signed in set up an app, because it is demanded."""
    demand = {"id_token": {"acr": {"essential": True, "value": MFA_APP}, "auth_time": None}}
    surfer.start(application, claims=json.dumps(demand))
    surfer.confirm_address()
    surfer.press("Authenticator app")
    surfer.enter_code(surfer.site.code(surfer.read_secret()))
    return surfer.claims(application)


FRESH = (
    # way, who is asked for it again, what is asked, what is said
    ("app", "wish mfa", "mfa pwd otp mfa"),
    ("app", "demand 1fa", "1fa pwd otp mfa"),
    ("app", "max_age 0", "app* pwd otp mfa"),
    ("text", "wish phr+mfa", "mfa pwd sms mfa"),
    ("text", "@floor-mfa", "mfa* pwd sms mfa"),
)


@pytest.mark.parametrize(("name", "ask", "wanted"), FRESH)
def test_a_sign_in_on_demand_says_the_same_as_the_single_sign_on(
    parties: Parties, surfer: Surfer, name: str, ask: str, wanted: str
) -> None:
    since = clock.now()
    who = arrive(surfer, WAYS[name], f"fresh {ask} {name}", parties.all["floor-phr"])
    client, request = parameters(ask)
    claims = sign_in(who, WAYS[name], parties.all[client], **request)
    assert said(claims, since) == wanted


def test_signing_in_anew_makes_every_proof_new(parties: Parties, surfer: Surfer) -> None:
    """Rule 7: prompt=login and a max_age that is over ask for each factor that is counted."""
    since = clock.now()
    who = arrive(surfer, WAYS["app"], "anew", parties.all["floor-phr"])
    sign_in(who, WAYS["app"], parties.all["plain"])
    for ask in ({"prompt": "login", "max_age": "9999"}, {"max_age": "300"}):
        parties.site.advance(301)
        since = clock.now()
        surfer.start(parties.all["plain"], **ask)
        surfer.expect_heading("Sign in")
        surfer.page.locator("#password").fill(PASSWORD)
        surfer.page.locator("#login-submit").click()
        surfer.enter_code(parties.site.code(who.secret))
        assert said(surfer.claims(parties.all["plain"]), since) == "app* pwd otp mfa"


def test_nobody_is_signed_in_without_a_page(parties: Parties, surfer: Surfer) -> None:
    found = {ask: parties.answered(surfer, ask, 0, prompt="none") for ask in expected("password")}
    assert found == dict.fromkeys(found, "login_required")


def test_a_demand_for_a_passkey_is_met_by_adding_one(parties: Parties, surfer: Surfer) -> None:
    """Rule 2: beside an app that is asked for first."""
    plain, since = parties.all["plain"], clock.now()
    who = arrive(surfer, WAYS["app"], "added", parties.all["floor-phr"])
    Device(surfer.page)
    surfer.start(plain, claims=plain.essential("phr"))
    WAYS["app"].walk(who)
    surfer.press("Add a passkey")
    assert said(surfer.claims(plain), since) == "phr pwd otp pop user mfa"
