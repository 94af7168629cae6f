"""Redirect URIs that were asked for and are not registered: an operator sees which."""

from tests.protocol.command import Acrux
from tests.support.site import Site


def test_a_refused_redirect_uri_stands_in_the_trail_and_by_the_client(site: Site) -> None:
    app = site.application("app")
    asked = "http://localhost:51004/callback"
    site.browser().authorize(app, redirect_uri=f"{asked}?code=secret")
    site.browser().authorize(app, client_id="stranger", redirect_uri=asked)
    acrux = Acrux(site.environ)
    (event,) = acrux.events(kind="client:request:refused", client="app")
    assert event["data"] == {"redirect_uri": asked}, "and never its query"
    assert acrux.json("client", "show", "app")["refused_uris"] == [asked]
    assert asked in acrux("client", "show", "app")


def test_every_address_that_was_asked_for_is_seen_though_refusals_are_counted(site: Site) -> None:
    app = site.application("app")
    asked = [f"http://localhost:5100{number}/callback" for number in range(3)]
    for uri in asked * 2:
        site.browser().authorize(app, redirect_uri=uri)
    acrux = Acrux(site.environ)
    assert sorted(acrux.json("client", "show", "app")["refused_uris"]) == asked
    assert len(acrux.events(kind="client:request:refused", client="app")) == len(asked)


def test_http_localhost_without_a_port_is_spoken_of_at_registration(small_acrux: Acrux) -> None:
    words = ("client", "add", "Tool", "--public", "--redirect-uri", "http://localhost/callback")
    added = small_acrux.run(*words, "--id", "tool")
    assert added.exit_code == 0
    assert "http://localhost/callback is answered at port 80 alone" in added.stderr
    assert "http://127.0.0.1" in added.stderr
    changed = small_acrux.run("client", "set", "tool", "redirect_uris=http://localhost/other")
    assert "http://localhost/other is answered at port 80 alone" in changed.stderr
    line = small_acrux.refused(*words, "--set", "application_type=native")
    assert "register http://127.0.0.1 and the path" in line
    fine = small_acrux.run("client", "set", "tool", "redirect_uris=http://127.0.0.1/callback")
    assert fine.stderr == ""
