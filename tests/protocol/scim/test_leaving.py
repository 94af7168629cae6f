"""Whoever leaves the directory is out of everything, at once, and applications hear of it."""

import pytest

from tests.protocol.api.programs import Reply
from tests.protocol.command import Acrux
from tests.protocol.endpoints import introspect
from tests.protocol.scim.directory import Directory, registered
from tests.protocol.sign_ins import signed_in
from tests.protocol.told_applications import register, told
from tests.support.programs.https import HttpsServer
from tests.support.site import Site


def _off(entra: Directory, sub: str) -> Reply:
    return entra.patch(f"/Users/{sub}", {"op": "Replace", "path": "active", "value": "False"})


def _put_off(entra: Directory, sub: str) -> Reply:
    person = entra("GET", f"/Users/{sub}").json
    return entra("PUT", f"/Users/{sub}", {**person, "active": False})


def _delete(entra: Directory, sub: str) -> Reply:
    return entra("DELETE", f"/Users/{sub}")


WAYS = {"made inactive": _off, "put as inactive": _put_off, "deleted": _delete}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_sessions_and_tokens_end_and_applications_are_told(
    told_site: Site, receiver: HttpsServer, way: str
) -> None:
    site = told_site
    sub = site.person("tane")
    app = register(site, receiver, first_party=False)
    browser = site.browser()
    browser.authorize(app, scope="openid offline_access", prompt="consent")
    browser.sign_in("tane")
    held = site.redeem(app, browser.submit("/consent", decision="allow").query["code"]).json
    sid = site.id_token(held["id_token"])["sid"]
    reply = WAYS[way](registered(site), sub)
    assert reply.status in (200, 204), reply.text
    [heard] = told(site, receiver)
    assert heard["sid"] == sid
    assert site.refresh(app, held["refresh_token"]).json["error"] == "invalid_grant"
    assert introspect(site, app, held["access_token"]).json == {"active": False}
    assert browser.open("/account/").heading == "Sign in"
    kind = "operator:person:deleted" if way == "deleted" else "operator:person:disabled"
    [event] = site.events(kind=kind)
    assert event.person_id == sub
    assert event.data is not None
    assert '"program": "entra"' in event.data


@pytest.mark.slow
def test_whoever_comes_back_signs_in_again(site: Site) -> None:
    sub, entra = site.person("tane"), registered(site)
    app = site.application()
    _off(entra, sub)
    browser = site.browser()
    browser.authorize(app)
    assert "code" not in browser.sign_in("tane").query
    back = {"op": "Replace", "path": "active", "value": "True"}
    assert entra.patch(f"/Users/{sub}", back).status == 204
    assert signed_in(site, app).at.query["code"]


def test_someone_who_was_deleted_is_not_there_and_may_be_added_anew(site: Site) -> None:
    entra = registered(site)
    sub = entra.add("mere@example.org", externalId="7")
    assert entra("DELETE", f"/Users/{sub}").status == 204
    for method, body in (("GET", None), ("DELETE", None)):
        assert entra(method, f"/Users/{sub}", body).status == 404
    operation = {"op": "replace", "path": "active", "value": True}
    assert entra.patch(f"/Users/{sub}", operation).status == 404
    assert entra("GET", '/Users?filter=externalId eq "7"').json["totalResults"] == 0
    assert entra.add("mere@example.org", externalId="7") != sub


def _is_on(entra: Directory, sub: str) -> bool:
    return bool(entra("GET", f"/Users/{sub}").json["active"])


@pytest.mark.slow
def test_whom_somebody_else_switched_off_no_directory_switches_on(site: Site) -> None:
    """A directory says of everyone that they are active, whatever it changes."""
    entra, acrux = registered(site), Acrux(site.environ)
    sub = entra.add("mere@example.org", active=True)
    person = entra("GET", f"/Users/{sub}").json
    back = {"op": "Replace", "path": "active", "value": "True"}
    acrux("user", "disable", "mere@example.org")
    assert entra("PUT", f"/Users/{sub}", {**person, "nickName": "Mere"}).json["active"] is False
    assert entra.patch(f"/Users/{sub}", back).status == 204
    _off(entra, sub)
    entra.patch(f"/Users/{sub}", back)
    assert not _is_on(entra, sub)
    acrux("user", "enable", "mere@example.org")
    _off(entra, sub)
    assert registered(site, "okta").patch(f"/Users/{sub}", back).status == 204
    assert not _is_on(entra, sub), "another directory did"
    entra.patch(f"/Users/{sub}", back)
    assert _is_on(entra, sub)
    assert len(site.events(kind="operator:person:enabled")) == 2


@pytest.mark.slow
def test_a_switch_of_the_directory_from_before_undoes_no_later_one(site: Site) -> None:
    entra, acrux = registered(site), Acrux(site.environ)
    sub = entra.add("mere@example.org")
    _off(entra, sub)
    acrux("user", "enable", "mere@example.org")
    site.advance(60)
    acrux("user", "disable", "mere@example.org")
    entra.patch(f"/Users/{sub}", {"op": "Replace", "path": "active", "value": "True"})
    assert not _is_on(entra, sub)
    other = entra.add("hone@example.org", active=False)
    entra.patch(f"/Users/{other}", {"op": "Replace", "path": "active", "value": "True"})
    assert _is_on(entra, other), "whom it added switched off"
