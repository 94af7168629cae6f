"""What is said of an import: its states, what became of rows, and what columns can be."""

from collections.abc import Mapping

from idp.language import Words, _
from idp.operating.people.import_lines import Mistake
from idp.people.intake.columns import KNOWN
from idp.people.intake.plans import Outcome
from idp.store.people import imports
from idp.store.people.imports import JobRow

PATIENCE = 20
"""Seconds after which it is said that no worker has begun."""
FIELDS: Mapping[str, Words] = {
    "username": _("User name"),
    "email": _("E-mail address"),
    "name": _("Name"),
    "given_name": _("First name"),
    "family_name": _("Last name"),
    "phone": _("Mobile number"),
    "some_phone": _("Telephone number, if it is a mobile one"),
    "type": _("User type"),
    "their_type": _("Kind of employment, as the user type"),
    "groups": _("Groups"),
    "department": _("Department, as one more group"),
    "roles": _("Roles for applications"),
    "verified": _("Whether the address is known to be right"),
    "phone_verified": _("Whether the number is known to be right"),
    "password_hash": _("Hash of the password"),
    "totp_secret": _("Secret of the authenticator app"),
    "blocked": _("Whether signing in is blocked"),
    "enabled": _("Whether the account is on"),
}
"""What a column can be read as, by the fields of `people.intake.columns`."""
assert FIELDS.keys() == KNOWN.keys()

WOULD: Mapping[Outcome, Words] = {
    Outcome.ADDED: _("would be added"),
    Outcome.CHANGED: _("would be changed"),
    Outcome.UNCHANGED: _("are here already, just so"),
    Outcome.LEFT_OUT: _("would be left out: switched off where the file comes from"),
    Outcome.WRONG: _("cannot be brought in"),
}
DID: Mapping[Outcome, Words] = {
    Outcome.ADDED: _("were added"),
    Outcome.CHANGED: _("were changed"),
    Outcome.UNCHANGED: _("were here already, just so"),
    Outcome.LEFT_OUT: _("were left out: switched off where the file comes from"),
    Outcome.WRONG: _("could not be brought in"),
}


_HERE: Mapping[str, Words] = {
    "role-of-acrux": _("a role in Acrux itself is given by no file: give it on the person's page"),
}
"""What a page says instead, where a command names one that would do."""


def why(one: Mistake) -> Words:
    """Return what is wrong with a row, in the reader's language."""
    if one.code == "differs" and one.said:
        what = one.said[1].get("what", "")
        return _("is here already and differs in %(what)s: let who is here be changed", what=what)
    return _HERE.get(one.code) or one.words


def state(job: JobRow, now: int) -> Words:
    """Return how far an import is, in a few words."""
    waits = job.run is None and now - job.touched_at > PATIENCE
    match job.state:
        case imports.NEW:
            return _("the columns are to be looked at")
        case imports.CHECK | imports.RUN if waits:
            return _("waits for a worker")
        case imports.CHECK:
            return _("is being tried: %(seen)s rows so far", seen=job.seen)
        case imports.CHECKED:
            return _("was tried, and waits for your word")
        case imports.RUN:
            return _("under way: %(seen)s of %(total)s rows", seen=job.seen, total=job.total)
        case imports.STOPPED:
            return _("stopped after %(seen)s of %(total)s rows", seen=job.seen, total=job.total)
        case imports.DONE:
            return _("done: %(seen)s rows", seen=job.seen)
        case _:
            return _("could not be read to its end")


def counts(job: JobRow) -> list[tuple[int, Words]]:
    """Return how many rows became what, or would."""
    words = WOULD if job.state in (imports.NEW, imports.CHECK, imports.CHECKED) else DID
    return [(job.counts[one.value], words[one]) for one in Outcome if job.counts.get(one.value)]
