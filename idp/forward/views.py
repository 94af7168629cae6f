"""The addresses of forward authentication: thin."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, Flask, Response, abort, request

from idp import web
from idp.caller import sources
from idp.errors import PageError
from idp.forward import asked
from idp.forward.guard import AUTH, REDIRECT, REFUSED, START, Guard
from idp.forward.hand_over import DENIED, NOT_DONE, HandOver, start_of
from idp.forward.hosts import Hosts
from idp.forward.told import Told
from idp.installation import Installation
from idp.language import _
from idp.oidc import provider as providers
from idp.oidc.clients.client import Client
from idp.oidc.clients.guarded import CALLBACK, RESERVED
from idp.web import lane, support
from idp.web.lane import Straight

SIGN_OUT = f"{RESERVED}sign-out"


def blueprint(installation: Installation) -> Blueprint:
    """Return what a proxy asks, what a browser meets at a guarded host, and the pages of no."""
    provider = providers.of(installation)
    settings, rules = installation.settings, installation.signin.rules
    hosts = Hosts(provider.registry, settings.oidc.cache)
    proxies = sources.networks(settings.server.trusted_proxies)
    guard = Guard(hosts, Told(provider.issuer), rules, provider.issuer.name, proxies)
    hand_over = HandOver(guard, provider.issuer)
    views = Blueprint("forward", __name__)
    straight = [
        Straight("auth", (AUTH,), ("GET",), guard.auth),
        Straight("redirect", (REDIRECT,), ("GET",), guard.redirect),
    ]
    for one in straight:
        views.add_url_rule(one.paths[0], one.name, _in_flask(one), methods=one.methods)
    views.record_once(lambda state: lane.lay(cast(Flask, state.app), straight))

    def here() -> Client:
        """Return whose guarded host this request came to."""
        origin = asked.host_of(request, proxies)
        found = hosts.find(web.work(), origin) if origin else None
        return found or abort(404)

    @views.get(START)
    def start() -> Response:
        other, target = request.args.get("other") == "1", request.args.get("rd", "/")
        return hand_over.start(web.work(), here(), target, request.cookies, other=other)

    @views.get(CALLBACK)
    def callback() -> Response:
        return hand_over.callback(web.work(), here(), request.args, request.cookies)

    @views.get(SIGN_OUT)
    def sign_out() -> Response:
        return hand_over.sign_out(here())

    @views.get(REFUSED)
    def refused() -> Response:
        client = provider.registry.find(web.work(), request.args.get("client_id", ""))
        if client is None or client.forward_origin is None:
            raise _nowhere()
        why = request.args.get("why", "")
        return _not_done(client, why) if why in (DENIED, NOT_DONE) else _not_yours(client)

    return views


def _in_flask(endpoint: Straight) -> Callable[[], Response]:
    return lambda: endpoint.answer(web.work(), request).as_response()


def _not_done(client: Client, why: str) -> Response:
    return web.page(
        "forward/not_done.html",
        403,
        **_frame(client),
        again=start_of(client),
        denied=why == DENIED,
    )


def _not_yours(client: Client) -> Response:
    return web.page(
        "forward/not_yours.html",
        403,
        **_frame(client),
        first_page=f"{client.forward_origin}/",
        other=start_of(client, other=True),
    )


def _frame(client: Client) -> dict[str, object]:
    """Return the application, whoever is signed in, and whom its people may ask."""
    session = web.visit().session(with_owner=True)
    owner = session.owner if session is not None and not session.stale else None
    own = client.application(str(client.guarded_callback)).support
    return {
        "client_name": client.name,
        "signed_in": owner.username if owner else None,
        "brand": support.shown(own),
    }


def _nowhere() -> PageError:
    return PageError(
        _("This page cannot be shown"),
        _("The application that sent you here is not known."),
        _("Start again from the application that you want to use."),
        404,
    )
