"""Streams as operators see them: the command, the doctor and the console say what is wrong."""

import json

import pytest

from idp.signals import stopping
from tests.protocol.admin.test_frame import someone
from tests.protocol.command import Acrux
from tests.protocol.signals.conftest import receiver, work
from tests.protocol.signals.test_told import sign_in, switch
from tests.support.applications.receiver import body, names
from tests.support.programs.https import Answer, HttpsServer
from tests.support.site import Site


def findings(acrux: Acrux) -> list[tuple[str, str]]:
    found = json.loads(acrux.run("doctor", "--json").stdout)
    return [(one["mark"], one["text"]) for one in found if one["name"] == "signals"]


@pytest.mark.slow
def test_a_stream_is_made_looked_at_and_stopped_by_command(
    small: Site, endpoint: HttpsServer
) -> None:
    app, acrux = receiver(small), Acrux(small.environ)
    none = acrux.run("client", "stream", "add", "app", "--push", "https://10.0.0.1/events")
    assert "https address that can be reached" in none.stderr
    small.application("other")
    refused = acrux.run("client", "stream", "add", "other")
    assert "acrux client set other api_scopes=ssf.manage" in refused.stderr
    endpoint.routes["/events"] = app
    words = ("--push", endpoint.url("/events"), "--header", "Bearer x")
    assert acrux("client", "stream", "add", "app", *words).startswith("app is told at https://")
    assert acrux.json("client", "stream", "show", "app")["delivery"]["method"].endswith("8935")
    acrux("client", "stream", "verify", "app")
    work(small)
    assert (names(app.pushed), app.shown) == (["verification"], ["Bearer x"])
    assert findings(acrux) == [("OK", "app has taken 1")]
    acrux("client", "stream", "status", "app", "paused", "--reason", "we move house")
    acrux("client", "stream", "status", "app", "enabled")
    work(small)
    said = [body(one) for one in app.pushed[1:]]
    assert said == [{"status": "paused", "reason": "we move house"}, {"status": "enabled"}]

    # Somebody who never signed in there is told of where an operator wants it, and nobody else.
    small.person("tane")
    small.person("hine")
    acrux("client", "stream", "include", "app", "tane")
    for name in ("tane", "hine"):
        switch(small, name, False)
    work(small)
    assert names(app.pushed[3:]) == ["account-disabled", "session-revoked"]
    acrux("client", "stream", "delete", "app")
    assert acrux.json("client", "stream", "list") == []
    assert findings(acrux) == []


@pytest.mark.slow
def test_a_receiver_that_is_away_is_named_with_the_reason(
    small: Site, endpoint: HttpsServer
) -> None:
    app, acrux = receiver(small), Acrux(small.environ)
    endpoint.routes["/events"] = Answer(status=503)
    app.make(push=endpoint.url("/events"))
    small.person("tane")
    sign_in(small, app)
    switch(small, "tane", False)
    work(small)
    browser = someone(small, "admin")
    page = "/admin/applications/app"
    assert "its address does not take it" in browser.open(page).text
    small.advance(1000)
    work(small)
    [(mark, said)] = findings(acrux)
    assert mark == "!!"
    assert "2 wait for app, the oldest for 16 min (the answer was 503)" in said
    small.advance(stopping.GIVEN_UP)
    work(small)
    [(mark, said)] = findings(acrux)
    assert (mark, said) == ("--", "to app are paused (the answer was 503)")
    [row] = acrux.json("client", "stream", "list")
    assert row["problem"] == "the endpoint did not take events for a day; the answer was 503"
    assert "that is stopped" in someone(small, "owner").open(page).text
