"""Who signed in: one line a sign-in that an application got tokens of, and how it was proved."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from idp import web
from idp.audit import export
from idp.audit.export import FilterError
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.admin.audit import room
from idp.pages.admin.audit.room import ROWS, Page
from idp.pages.interaction.words import level_text
from idp.policy.types import Rules, Trait
from idp.signin.interaction import Authorized
from idp.store.audit import counts, searching, sign_ins
from idp.store.audit.counts import Means
from idp.store.audit.sign_ins import LAST, Line, Wanted

SIGN_INS = Page(
    "sign-ins",
    _("Who signed in"),
    ("client", "person", "means", "acr", "amr", "since", "until", "sid"),
)
TEXTS, ONE_STEP, TWO_STEPS = "texts", "one", "two"
MEANS: Mapping[str, Words] = {
    TEXTS: _("Text messages only"),
    ONE_STEP: _("One step only"),
    TWO_STEPS: _("Two steps"),
}
"""What a second step may have been, as one asks for it."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/audit/sign-ins")
    @room.asks(installation, SIGN_INS)
    def audit_sign_ins(who: Authorized) -> Response:
        return _show(installation, who, request.args)


def _show(installation: Installation, who: Authorized, values: Mapping[str, str]) -> Response:
    work, error = web.work(), None
    found: list[Line] = []
    known = counts.means(work)
    try:
        found = sign_ins.listing(work, _wanted(installation, known, values), ROWS + 1)
    except FilterError as wrong:
        error = f"{wrong}."
    lines = found[:ROWS]
    older = lines[-1] if len(found) > ROWS else None
    more = {"before": f"{older.at}.{older.seq}"} if older else {}
    return room.show(
        "sign_ins",
        who,
        SIGN_INS,
        error=error,
        rows=[shown(installation, known, line) for line in lines],
        applications=room.offered(),
        choices=MEANS,
        acrs=room.acrs(installation),
        amrs=room.amrs(installation),
        next_url=room.query(values, SIGN_INS.fields, **more) if older else None,
    )


def _wanted(
    installation: Installation, known: Mapping[int, Means], values: Mapping[str, str]
) -> Wanted:
    """Return what the address asks for.

    Raises:
        FilterError: one of its filters cannot be understood.
    """
    read = export.read_filter(values)
    sid = values.get("sid", "").strip()
    if len(sid) > export.LONGEST or not sid.isprintable():
        raise FilterError("sid is not something to look for")
    people = searching.named(web.work(), read.person) if read.person else None
    rules = installation.signin.rules
    return Wanted(
        means=tuple(
            key
            for key, means in known.items()
            if means.acr
            and (not read.acr or means.acr == read.acr)
            and (not read.amr or read.amr in means.amr)
            and fits(rules, means, values.get("means", ""))
        ),
        client=read.client,
        people=None if people is None else tuple(people),
        sid=sid,
        since=read.since or 0,
        until=LAST if read.until is None else read.until,
        before=_before(values),
    )


def fits(rules: Rules, means: Means, kind: str) -> bool:
    """Return True if what tokens said is of a kind of `MEANS`; any other word asks nothing."""
    said = {*means.amr} - {"mfa"}
    if kind == TEXTS:
        first = {n for one in rules.abilities if one.first and one.remembered for n in one.amr}
        texts = {n for one in rules.abilities if Trait.TELEPHONE in one.traits for n in one.amr}
        return bool(said - first) and said - first <= texts
    if kind == ONE_STEP:
        return "mfa" not in means.amr
    return kind != TWO_STEPS or "mfa" in means.amr


def _before(values: Mapping[str, str]) -> tuple[int, int]:
    text = values.get("before", "")
    if not text:
        return LAST, LAST
    at, _mark, seq = text.partition(".")
    numbers = (room.number({"before": at}), room.number({"before": seq}))
    if None in numbers:
        raise FilterError("this page of the list does not exist: begin with the newest")
    return numbers  # type: ignore[return-value]


def shown(installation: Installation, known: Mapping[int, Means], line: Line) -> dict[str, Any]:
    """Return one line as tables show it."""
    means = known[line.means]
    rules = installation.signin.rules
    person = None
    if line.who is not None:
        person = {
            "id": line.person_id or line.who,
            "username": line.username or "",
            "name": line.name or line.username or _("no longer here"),
            "gone": line.person_id is None,
        }
    return {
        "at": room.moment(line.at),
        "url": f"{room.BASE}tokens/{quote(line.jti, safe='')}",
        "person": person,
        "client": {"id": line.client_id, "name": line.client, "known": line.client is not None},
        "acr": means.acr,
        "level": level_text(rules, means.acr) if rules.level(means.acr) else "",
        "amr": means.amr,
    }
