"""Products and libraries that people connect: how each is registered, and what to set on its side.

Owns reading `config/products.toml` and writing a client's values into the settings. Never registers
anything, and never gives a product a weaker default than it needs.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from idp.errors import CommandError
from idp.oidc.clients.client import Client
from idp.settings.reading import CONFIG

DOCUMENT = "docs/relying-parties.md"
UNTOLD = "THE-CLIENT-SECRET"
"""Stands where a secret would: that is shown once, when it is drawn."""


@dataclass(frozen=True)
class Product:
    """One product or library; `config/products.toml` explains each field."""

    name: str
    title: str
    section: str
    sends: str
    reads: str
    redirect: tuple[str, ...]
    settings: str
    bye: str | None = None
    told: str | None = None
    members: Mapping[str, Any] = field(default_factory=dict)

    def lacks(self, client: Client) -> dict[str, Any]:
        """Return the members that it needs and that `client` is registered otherwise with."""
        return {key: value for key, value in self.members.items() if _held(client, key) != value}

    @property
    def link(self) -> str:
        """Where the documents say more."""
        return f"{DOCUMENT}#{self.section}"

    def registration(self, at: str | None, redirect_uris: Sequence[str]) -> dict[str, Any]:
        """Return the members to register for one that is reached at `at`.

        Given redirect URIs come before those that `at` leads to, and say themselves where it is
        when they end as this product's do.

        Raises:
            CommandError: there is neither, and this product's redirect URI cannot be known.
        """
        at = at or self.reached_at(redirect_uris)
        found = dict(self.members)
        whole = [path for path in self.redirect if "://" in path]
        if redirect_uris:
            found["redirect_uris"] = list(redirect_uris)
        elif at is not None:
            found["redirect_uris"] = [p if p in whole else at + p for p in self.redirect]
        elif whole:
            found["redirect_uris"] = whole
        else:
            raise CommandError(
                f"{self.name} is reached somewhere: give --at https://… (its redirect URI is then "
                f"that and {self.redirect[0]}), or --redirect-uri"
            )
        if at is not None and self.bye is not None:
            found["post_logout_redirect_uris"] = [at + self.bye]
        if at is not None and self.told is not None and at.startswith("https://"):
            found["backchannel_logout_uri"] = at + self.told
        return found

    def reached_at(self, redirect_uris: Sequence[str]) -> str | None:
        """Return the address below which the redirect URIs stand as this product's do, or None."""
        path = self.redirect[0]
        if not redirect_uris or "://" in path or not redirect_uris[0].endswith(path):
            return None
        return redirect_uris[0].removesuffix(path)

    def filled(self, values: "Values") -> str:
        """Return the settings for its side with a client's values in them."""
        uris = values.redirect_uris or ("",)
        parts = urlsplit(uris[0])
        at = self.reached_at(uris) or f"{parts.scheme}://{parts.netloc}"
        bye = values.bye or at
        text = self.settings
        for name, value in {
            "issuer": values.issuer,
            "client_id": values.client_id,
            "client_secret": values.client_secret,
            "redirect_uri": uris[0],
            "bye": bye,
            "quoted_bye": quote(bye, safe=""),
            "at": at,
            "host": parts.netloc,
        }.items():
            text = text.replace(f"{{{name}}}", value)
        return text.strip("\n")


def _held(client: Client, key: str) -> Any:
    found = getattr(client, key)
    return list(found) if isinstance(found, tuple) else found


@dataclass(frozen=True)
class Values:
    """What of a client is put into a product's settings."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    bye: str | None


def values_of(issuer: str, client: Client, secret: str | None) -> Values:
    """Return what a client puts into settings; a secret that is not told is a word to replace."""
    return Values(
        issuer=issuer,
        client_id=client.client_id,
        client_secret=secret or UNTOLD,
        redirect_uris=client.redirect_uris,
        bye=next(iter(client.post_logout_redirect_uris), None),
    )


@cache
def known() -> dict[str, Product]:
    """Return every product by its name, in the order of the file."""
    with (CONFIG / "products.toml").open("rb") as file:
        tables = tomllib.load(file)
    return {name: _product(name, table) for name, table in tables.items()}


def _product(name: str, table: dict[str, Any]) -> Product:
    paths = table.pop("redirect")
    return Product(name=name, redirect=tuple([paths] if isinstance(paths, str) else paths), **table)


def find(name: str) -> Product:
    """Return the product called so.

    Raises:
        CommandError: there is none.
    """
    found = known().get(name.lower())
    if found is None:
        raise CommandError(f"{name!r} is no product known here: {', '.join(known())}")
    return found


def reached_at(text: str | None) -> str | None:
    """Return an address as paths are put behind it.

    Raises:
        CommandError: it is no plain address of http or https.
    """
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise CommandError(f"--at {text!r} is no address such as https://app.example.org")
    return text.rstrip("/")


def markdown() -> str:
    """Return the table of the documents: what each sends, reads and is registered with."""
    lines = ["| `--like` | product | sends | reads | registered beside the addresses |"]
    lines.append("|---|---|---|---|---|")
    for product in known().values():
        members = ", ".join(f"`{key}={value}`" for key, value in product.members.items())
        title = f"[{product.title}](#{product.section})"
        cells = (f"`{product.name}`", title, product.sends, product.reads, members)
        lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"
