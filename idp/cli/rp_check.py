"""`acrux rp-check`: what an application wrongly accepts, tried by a provider that misbehaves."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from idp import crypto
from idp.cli import context
from idp.cli.context import Context
from idp.cli.output import json_option, print_json
from idp.errors import CommandError
from idp.oidc.clients.client import Client
from idp.operating.actor import OPERATOR
from idp.rp_check import advice, ownership
from idp.rp_check.asked import NotCheckedError
from idp.rp_check.cases import BY_NAME, CASES, Case
from idp.rp_check.endpoints import Endpoints, served
from idp.rp_check.provider import Person, Provider
from idp.rp_check.running import Application, Check, Report, Result, Verdict
from idp.rp_check.tokens import Keys
from idp.rp_check.walk import Browser, origin

_LOOK = 1.0
"""Seconds between two looks whether the application has its new issuer."""


@click.command("rp-check")
@click.argument("application", metavar="CLIENT|URL")
@click.option("--client", "client_id", metavar="ID", help="Which client a URL is of, of several.")
@click.option("--start", metavar="URL", help="What begins a sign-in.  [default: its home page]")
@click.option("--page", metavar="URL", help="What shows who is signed in.  [default: --start]")
@click.option("--also", multiple=True, metavar="URL", help="Another address that is part of it.")
@click.option("--bind", default="127.0.0.1:5099", show_default=True, metavar="HOST:PORT")
@click.option("--issuer", metavar="URL", help="What the application calls it.  [default: --bind]")
@click.option("--cert", type=click.Path(path_type=Path), help="TLS certificate chain, PEM.")
@click.option("--key", type=click.Path(path_type=Path), help="Its private key, PEM.")
@click.option("--email", default="rp-check@example.org", show_default=True, help="Who signs in.")
@click.option("--only", type=click.Choice(list(BY_NAME)), multiple=True, help="Try these alone.")
@click.option("--library", type=click.Choice(list(advice.LIBRARIES)), help="What it is built with.")
@click.option("--wait", default=300, show_default=True, type=click.IntRange(0, 3600))
@json_option
def rp_check(
    application: str,
    client_id: str | None,
    start: str | None,
    page: str | None,
    also: tuple[str, ...],
    bind: str,
    issuer: str | None,
    cert: Path | None,
    key: Path | None,
    email: str,
    only: tuple[str, ...],
    library: str | None,
    wait: int,
    as_json: bool,
) -> None:
    """See what an application wrongly accepts.

    A provider that misbehaves on purpose takes the place of this one, for an installation of the
    application that is there for tests: wrong tokens, wrong answers, somebody else's.
    docs/rp-check.md says how. The exit status is 1 when the application takes something that it
    must refuse.
    """
    at_hand = context.open_installation()
    place = _place(bind, issuer, cert, key)
    client, tried = _found(at_hand, application, client_id, start, page)
    verify: str | bool = at_hand.installation.settings.egress.ca_bundle or True
    addresses = (tried.start, tried.page, *also)
    _demand_theirs(at_hand.installation.keyring, client, addresses, verify)
    provider = _provider(client, place.issuer, email)
    browser = _Browsers(frozenset(map(origin, addresses)), place.issuer, verify)
    with served(Endpoints(provider), place.host, place.port, place.certificate):
        click.echo(
            f"Give {place.issuer} to {client.client_id} as its issuer, in an installation for"
            " tests, and leave client_id and secret as they are.",
            err=True,
        )
        cases = [BY_NAME[name] for name in only] or CASES
        report = _run(Check(provider, browser, tried), cases, wait, as_json)
    _print(report, library, as_json)
    if report.accepted():
        raise CommandError(f"it takes {len(report.accepted())} of what it must refuse")


@dataclass(frozen=True)
class _Place:
    """Where the provider of the check is."""

    host: str
    port: int
    issuer: str
    certificate: tuple[Path, Path] | None


def _place(bind: str, issuer: str | None, cert: Path | None, key: Path | None) -> _Place:
    host, _, port = bind.rpartition(":")
    if not port.isdecimal() or (cert is None) != (key is None):
        raise click.UsageError("--bind is HOST:PORT, and --cert and --key belong together")
    usual = f"http{'s' if cert else ''}://localhost:{port}"
    certificate = (cert, key) if cert and key else None
    return _Place(host.strip("[]"), int(port), (issuer or usual).rstrip("/"), certificate)


class _Browsers:
    """Makes a browser that has been nowhere, each time."""

    def __init__(self, origins: frozenset[str], issuer: str, verify: str | bool) -> None:
        self._given = (origins, issuer, verify)

    def __call__(self) -> Browser:
        return Browser(*self._given)


def _found(
    at_hand: Context, named: str, client_id: str | None, start: str | None, page: str | None
) -> tuple[Client, Application]:
    url = named if "://" in named else None
    with at_hand.work() as work:
        registered = [one.client for one in at_hand.cases.clients.everything(work, OPERATOR)]
    client = _client(registered, client_id if url else named, url)
    return client, _application(client, start or url, page)


def _client(registered: list[Client], client_id: str | None, url: str | None) -> Client:
    """Return the client that is named, or whose address `url` is.

    Raises:
        CommandError: there is none, or there are several.
    """
    found = [one for one in registered if client_id in (None, one.client_id)]
    if url and not client_id:
        found = [one for one in found if origin(url) in _origins(one)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(f"no application is registered as {client_id or url}")
    names = ", ".join(one.client_id for one in found)
    raise CommandError(f"{url} is an address of several: name one with --client ({names})")


def _origins(client: Client) -> set[str]:
    more = [client.client_uri, client.initiate_login_uri]
    return {origin(one) for one in (*client.redirect_uris, *more) if one}


def _application(client: Client, start: str | None, page: str | None) -> Application:
    if not client.redirect_uris:
        raise CommandError(f"{client.client_id} signs nobody in: it has no redirect URI")
    start = start or client.initiate_login_uri or f"{origin(client.redirect_uris[0])}/"
    return Application(client.client_id, client.redirect_uris, start, page or start)


def _demand_theirs(
    keyring: crypto.Keyring, client: Client, addresses: Sequence[str], verify: str | bool
) -> None:
    """Go to no address but those of the client, which say that they are whose it is.

    Raises:
        CommandError: one is not registered, or does not say the word.
    """
    for one in addresses:
        if origin(one) not in _origins(client):
            raise CommandError(f"{origin(one)} is at no address registered for {client.client_id}")
    expected = ownership.word(keyring, client.client_id)
    for one in {origin(one): one for one in addresses}.values():
        ownership.demand(one, expected, verify)


def _provider(client: Client, issuer: str, email: str) -> Provider:
    # Told from everyone else's, and the same for all of a check: applications keep accounts.
    person = Person(f"rp-check-{crypto.random_token(9)}", "Acrux Rp-Check", email)
    try:
        return Provider(issuer, Keys(client.id_token_signed_response_alg), person)
    except NotCheckedError as error:
        raise CommandError(str(error)) from None


def _run(check: Check, cases: Iterable[Case], wait: int, as_json: bool) -> Report:
    pause = threading.Event()
    for _ in range(int(wait / _LOOK)):
        if check.is_ready():
            break
        pause.wait(_LOOK)
    try:
        return check.run(cases, _nothing if as_json else _tell)
    except NotCheckedError as error:
        raise CommandError(f"nothing can be told: {error}") from None


def _nothing(_result: Result) -> None:
    """Say nothing while it runs."""


_WORDS = {Verdict.REFUSED: "refused ", Verdict.ACCEPTED: "ACCEPTED", Verdict.LEFT_OUT: "left out"}


def _tell(result: Result) -> None:
    case: Case = result.case
    word = _WORDS[result.verdict]
    if result.verdict is Verdict.ACCEPTED and not case.must:
        word = "accepted"
    why = f" ({result.why})" if result.why else ""
    click.echo(f"{word}  {case.name}: {case.says}{why}")


def _print(report: Report, library: str | None, as_json: bool) -> None:
    mending, notes = advice.of(report, library), advice.notes(report)
    if as_json:
        print_json(report.as_values() | {"mending": mending, "notes": notes})
        return
    count = dict.fromkeys(Verdict, 0)
    for one in report.results:
        count[one.verdict] += 1
    click.echo(
        f"\n{count[Verdict.REFUSED]} refused, {count[Verdict.ACCEPTED]} accepted,"
        f" {count[Verdict.LEFT_OUT]} left out."
    )
    for line in (*mending.values(), *notes):
        click.echo(f"- {line}")
