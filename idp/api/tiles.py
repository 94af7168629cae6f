"""The sealed ledger for witnesses and monitors: `/evidence/`, read-only (C2SP tlog-tiles).

Only where `evidence.serve` is on. Leaves hold no personal data; whoever reads them sees all of them
(docs/ledger.md, "Tiles").
"""

from flask import Blueprint, Response

from idp import web
from idp.evidence import tiles
from idp.evidence.tiles import ENTRIES, WIDTH, Place
from idp.evidence.tree import HASH_BYTES
from idp.installation import Installation
from idp.ledger.witnessed import whole
from idp.store.db import Work
from idp.store.ledger import log

FOR_GOOD = "public, max-age=31536000, immutable"
"""What has an address of this kind never changes."""
NOT_FOUND = "public, max-age=1"
"""It may be there in a moment."""


def blueprint(installation: Installation) -> Blueprint:
    """Return the addresses; none where the ledger is not served."""
    views = Blueprint("tiles", __name__, url_prefix="/evidence")
    if not installation.settings.evidence.serve:
        return views

    @views.get("/checkpoint")
    def checkpoint() -> Response:
        work = web.work()
        newest = installation.anchors.witnessed.published(work)
        if newest is None:
            return _none(404)
        return _answer(whole(work, newest).encode(), "text/plain; charset=utf-8", "no-cache")

    @views.get("/tile/<path:rest>")
    def tile(rest: str) -> Response:
        place = tiles.place(f"tile/{rest}")
        work = web.work()
        newest = log.newest(work) if place else None
        if place is None or newest is None or not place.exists_at(newest.size):
            return _none(404)
        content = _bundle(work, place) if place.level == ENTRIES else _tile(work, place)
        # A body that was pruned does not come back.
        return _none(410) if content is None else _answer(content, "application/octet-stream")

    return views


def _tile(work: Work, place: Place) -> bytes | None:
    content = log.tile(work, place.level, place.index)[: place.width * HASH_BYTES]
    return content if len(content) == place.width * HASH_BYTES else None


def _bundle(work: Work, place: Place) -> bytes | None:
    start = place.index * WIDTH
    rows = log.rows(work, start, start + place.width)
    bodies = [row.body.encode() for row in rows if row.body is not None]
    if len(bodies) < place.width or max(map(len, bodies)) > tiles.MAX_ENTRY_BYTES:
        return None
    return tiles.bundle(bodies)


def _answer(content: bytes, kind: str, kept: str = FOR_GOOD) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Cache-Control"] = kept
    return response


def _none(status: int) -> Response:
    response = Response(f"{status}\n", status, content_type="text/plain")
    response.headers["Cache-Control"] = NOT_FOUND
    return response
