"""What a message looks like, with values that stand for those of a real one."""

from collections.abc import Mapping

from idp import clock, language, moments
from idp.messages import look, texts
from idp.settings.values import Brand
from idp.store.service.looks import WordingRow

SMS = "-sms"


def shown(
    kind: str, spoken: str, brand: Brand, issuer: str, own: WordingRow | None
) -> tuple[str, str]:
    """Return subject and body of a kind of message in a language, with `own` words or ours."""
    channel = "sms" if kind.endswith(SMS) or kind == "sms-code" else "mail"
    with language.speaking(spoken):
        values = _values(brand, issuer, brand.short if channel == "sms" else brand.name)
        said = look.filled(own, values) if own is not None else ("", "")
        return texts.render(channel, kind, values, said)


def _values(brand: Brand, issuer: str, name: str) -> dict[str, object]:
    """Return a value for whatever a message may name."""
    host = issuer.partition("://")[2].partition(":")[0]
    given: Mapping[str, object] = {
        "brand": name,
        "host": host,
        "name": "Aroha Kahu",
        "username": "aroha",
        "code": "123456",
        "minutes": 10,
        "at_text": moments.minute(clock.now()),
        "place": "203.0.113.7",
        "by_others": False,
        "not_me": f"{issuer}/n/AbCdEfGhIjKlMnOpQrStUv",
        "link": f"{issuer}/l/AbCdEfGhIjKlMnOpQrStUv",
        "link_days": 7,
        "link_minutes": 30,
        "second_step_from": "",
        "method_text": "…",
        "label": "…",
        "old": "…",
        "new": "…",
        "left": 5,
        "client": None,
        "removes": False,
        "due_text": moments.minute(clock.now()),
        "until_text": moments.minute(clock.now()),
        "demanded": False,
        "outcome": "…",
        "changing": False,
    }
    return {**given, **brand.support}
