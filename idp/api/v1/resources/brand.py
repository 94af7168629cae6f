"""`/look`, `/wording`: how pages look and what messages say. One version stands for all of it."""

import base64
from dataclasses import asdict
from typing import Any

from idp.api.v1 import taken, told, told_beside
from idp.api.v1.routes import Asked, Reply, Route
from idp.errors import CommandError
from idp.messages.look import FIELDS
from idp.operating.branding import Branding
from idp.operating.refusals import Changed
from idp.store.service.looks import WordingRow

WORDS = "/wording/{kind}/{language}"


def _look(asked: Asked) -> Reply:
    look, decided = asked.can.branding.now(asked.work, asked.actor)
    held = {name: getattr(look.brand, name) for name in FIELDS}
    return Reply(_both(held, decided), str(look.version))


def _both(held: dict[str, str], decided: dict[str, str]) -> dict[str, Any]:
    return {"in_force": held, "decided": {name: decided.get(name, "") for name in FIELDS}}


def _change(asked: Asked) -> Reply:
    asked.can.branding.change(asked.work, asked.actor, asdict(asked.body), seen=_seen(asked))
    return _look(asked)


def _picture(asked: Asked) -> Reply:
    try:
        content = base64.b64decode(asked.body.picture, validate=True)
    except ValueError:
        raise CommandError("picture must be base64") from None
    return Reply({"logo": asked.can.branding.keep_picture(asked.work, asked.actor, content)})


def _words(asked: Asked) -> Reply:
    found, version = asked.can.branding.words(asked.work, asked.actor)
    return Reply({"items": [asdict(one) for one in found]}, str(version))


def _say(asked: Asked) -> Reply:
    row = WordingRow(
        asked.value("kind"), asked.value("language"), asked.body.subject, asked.body.body
    )
    said = asked.can.branding.say(asked.work, asked.actor, row, seen=_seen(asked))
    return Reply(asdict(said), _version(asked))


def _say_ours(asked: Asked) -> Reply:
    kind, language = asked.value("kind"), asked.value("language")
    asked.can.branding.say_ours(asked.work, asked.actor, kind, language, seen=_seen(asked))
    return Reply({"id": f"{kind}/{language}"})


def _seen(asked: Asked) -> int:
    """Return the version that a change is about; of any, the one that there is."""
    if asked.seen is None:
        return int(_version(asked))
    if not (asked.seen.isdecimal() and len(asked.seen) < 16):
        raise Changed("that is no version of the look")
    return int(asked.seen)


def _version(asked: Asked) -> str:
    return str(asked.can.branding.words(asked.work, asked.actor)[1])


ROUTES = (
    Route(
        *("GET", "/look", Branding.now, _look, "See how pages look, and whom people may ask"),
        told_beside.Look,
        name="getLook",
    ),
    Route(
        *("PUT", "/look", Branding.change, _change, "Decide how pages look"),
        told_beside.Look,
        taken.LookWanted,
        versioned=True,
        name="changeLook",
    ),
    Route(
        *("POST", "/look/pictures", Branding.keep_picture, _picture),
        "Keep a picture; it goes in a day unless it becomes the logo",
        told_beside.PictureKept,
        taken.Picture,
        status=201,
        name="keepPicture",
    ),
    Route(
        *("GET", "/wording", Branding.words, _words, "List what messages say in own words"),
        told_beside.Wordings,
        name="listWording",
    ),
    Route(
        *("PUT", WORDS, Branding.say, _say, "Let a message say own words in a language"),
        told_beside.Wording,
        taken.WordsWanted,
        versioned=True,
        name="setWording",
    ),
    Route(
        *("DELETE", WORDS, Branding.say_ours, _say_ours, "Let a message say our words again"),
        told.Gone,
        versioned=True,
        name="removeWording",
    ),
)
