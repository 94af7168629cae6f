"""What is wrong with what was typed, in the language of the page: a sentence for each field.

The command line says more, in English; here everything but names of people is chosen from what
exists.
"""

from collections.abc import Mapping

from idp.authenticators import identifiers
from idp.language import Text, Words, _
from idp.pages.admin.rollout.typed import LONGEST, Typed
from idp.rollout.drafts import LONGEST_GUIDANCE, LONGEST_REMINDER, LONGEST_WHY, MOST_GRACE
from idp.rollout.errors import StageError
from idp.rollout.stages import LONGEST_REASON
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow

_GRACE = _("Type a number from 0 to %(most)s.", most=MOST_GRACE)
_WORDS: Mapping[str, Words] = {
    "id": _("A stage with this name was planned a moment ago. Check the board, and try again."),
    "audience": _("Choose whom the stage is for, among the people there are."),
    "excluded": _("Choose whom to leave out, among the people there are, and not everyone."),
    "strength": _("Choose how strongly it is asked."),
    "level": _("Choose something that people can set up here."),
    "enforce_at": _("Choose a day to come, or tick that it is required from this moment."),
    "announce_at": _("Choose a day that is not after the one from which it is required."),
    "zone": _("There is no such time zone. They are written like Pacific/Auckland."),
    "reminders": _(
        "Type days before the day, from 0 to %(most)s, such as 21, 7, 1, 0.", most=LONGEST_REMINDER
    ),
    "grace": _GRACE,
    "grace_privileged": _GRACE,
    "why": _("Write one sentence of at most %(most)s characters.", most=LONGEST_WHY),
    "guidance": _(
        "Type an address that begins with https://, of at most %(most)s characters.",
        most=LONGEST_GUIDANCE,
    ),
    "proof": _(
        "Choose a code that this site sends. Without a code it must be required from a day on."
    ),
    "person": _("Type the user name or e-mail address of someone whom this stage reaches."),
    "until": _("Choose a day to come, on which it ends."),
    "reason": _(
        "Write why, for those who check it later, in at most %(most)s characters.",
        most=LONGEST_REASON,
    ),
}


def words(error: StageError) -> Words:
    """Return what the page says of it."""
    if isinstance(error.words, Text):
        return error.words
    return _WORDS.get(error.field, error.words)


def person_called(work: Work, name: str, field: str) -> PersonRow:
    """Return who signs in by this name.

    Raises:
        StageError: no one does.
    """
    person = people.by_name(work, identifiers.login_name(name))
    if person is None:
        raise StageError(field, _("No one is called %(name)s here.", name=name or "–"))
    return person


def check_people(work: Work, given: Typed, name: str, field: str) -> None:
    """Look for each of the people who are typed in the field `name`, a part of `field`.

    Raises:
        StageError: there is no one of a name, or there are more names than are read.
    """
    if len(getattr(given, name)) > LONGEST:
        raise StageError(field, _("Use at most %(num)s characters.", num=LONGEST))
    for one in given.named(name):
        person_called(work, one, field)
