"""A first step that was passed and a second that was not: the person hears of it by mail."""

from idp import devices, notices, web
from idp.authenticators.base import Kind, Rejected
from idp.installation import Installation
from idp.interaction.words import client_name
from idp.policy.throttle import Window
from idp.policy.types import Authenticate
from idp.progress import Interaction
from idp.store import throttles
from idp.store.people import PersonRow

FORGIVEN = Window(2, 86400)
"""Wrong answers in one sign-in that anybody may give without being told of it."""


def given_up(this: Installation, interaction: Interaction) -> None:
    """Tell the person of a second step that somebody walks away from, in a browser never used.

    Whoever tries a stolen password is the one to press "Cancel".
    """
    person, work = interaction.person, web.work()
    if person is None or not any(proof.first for proof in interaction.proofs):
        return
    step = this.signin.next_step(work, interaction)
    if isinstance(step, Authenticate) and not step.begins and not devices.known(work, person):
        _tell(this, interaction, person)


def note(this: Installation, interaction: Interaction, rejected: Rejected) -> None:
    """Tell the person at the third wrong answer in a sign-in, or when guesses are held back."""
    person, work = interaction.person, web.work()
    if person is None or not any(proof.first for proof in interaction.proofs):
        return
    if rejected.kind is Kind.MALFORMED:
        return
    counted = throttles.count(work, f"send:second-wrong:{interaction.id}", FORGIVEN)
    if counted is None and rejected.kind is not Kind.HELD:
        return
    _tell(this, interaction, person)


def _tell(this: Installation, interaction: Interaction, person: PersonRow) -> None:
    notices.second_step_failed(
        web.work(),
        this.post,
        this.settings,
        person,
        interaction.id,
        client=client_name(interaction),
    )
