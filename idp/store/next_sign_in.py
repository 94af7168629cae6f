"""What the next sign-in of a person is to ask, what one before it has shown, and in which language.

It stands in the person's row, and is read with it (`store.people.PersonRow`).
"""

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement

_PASSWORD_DUE = Statement("UPDATE person SET password_due_at = :at WHERE id = :id")
_RENEWED = Statement(
    "UPDATE person SET password_due_at = NULL WHERE id = :id AND password_due_at IS NOT NULL"
)
_ENROLMENT_DUE = Statement(
    "UPDATE person SET enrolment_due_at = :now WHERE id = :id AND enrolment_due_at IS NULL"
)
_ENROLLED = Statement(
    "UPDATE person SET enrolment_due_at = NULL WHERE id = :id AND enrolment_due_at IS NOT NULL"
)
_ANNOUNCED = Statement(
    "UPDATE person SET announced_at = :now, quiet_until = :quiet_until WHERE id = :id"
)
_OFFERED = Statement("UPDATE person SET offered_at = :now WHERE id = :id")
_LOCALE = Statement("UPDATE person SET locale = :locale, locale_chosen = :chosen WHERE id = :id")
_LEARN_LOCALE = Statement("UPDATE person SET locale = :locale WHERE id = :id AND locale IS NULL")


def demand_password(work: Work, person_id: str, due: bool) -> None:
    """Demand a new password before the next sign-in finishes, or no longer."""
    work.run(_PASSWORD_DUE, id=person_id, at=clock.now() if due else None)


def settle_password(work: Work, person_id: str) -> bool:
    """A new password is there: True for exactly one caller, if one was demanded."""
    return work.run(_RENEWED, id=person_id) == 1


def demand_enrolment(work: Work, person_id: str) -> None:
    """Demand that a second factor is set up before the next sign-in finishes."""
    work.run(_ENROLMENT_DUE, id=person_id, now=clock.now())


def settle_enrolment(work: Work, person_id: str) -> None:
    """A second factor is there: none is demanded any more."""
    work.run(_ENROLLED, id=person_id)


def mark_announced(work: Work, person_id: str, quiet: int = 0) -> None:
    """Remember that the coming requirement was shown; no recommendation is for `quiet` seconds."""
    now = clock.now()
    work.run(_ANNOUNCED, id=person_id, now=now, quiet_until=now + quiet if quiet else None)


def mark_offered(work: Work, person_id: str) -> None:
    """Remember that a passkey was offered."""
    work.run(_OFFERED, id=person_id, now=clock.now())


def set_locale(work: Work, person_id: str, locale: str | None) -> None:
    """Remember the language that the person chose; None: that of the next sign-in."""
    work.run(_LOCALE, id=person_id, locale=locale, chosen=locale is not None)


def learn_locale(work: Work, person_id: str, locale: str) -> None:
    """Remember the language of the first sign-in, unless another was chosen meanwhile."""
    work.later(_LEARN_LOCALE, id=person_id, locale=locale)
