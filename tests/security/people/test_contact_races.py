"""An address or number that is changed, denied and proved at the same moment."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from idp.authenticators.base import Attempt
from idp.messages import links
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.people import denial
from idp.people.contacts import How
from idp.signin import answers
from idp.signin.demand import Demand
from idp.signin.interaction import Interaction
from idp.store import credentials, people
from idp.store.people import contacts
from tests.protocol.account.details import profile
from tests.protocol.messages.verified import small
from tests.support.site import Site

__all__ = ["small"]


def test_a_number_that_was_set_meanwhile_is_not_proved_by_the_code_to_the_old_one(
    site: Site,
) -> None:
    person_id = site.person("mere", phone="+64211112222")
    installation, sms = site.installation, site.installation.signin.authenticators["sms"]
    with site.work() as work:
        person = people.by_id(work, person_id)
        assert person
        begun, _ = installation.signin.begin(work, Interaction("", None, Demand(), person))
        sms.send(Attempt(work, begun.id, person))
    assert installation.post.settle(30)
    with site.work() as work:
        how = How("by an operator")
        installation.contacts.set_number(work, person, "+64219998888", how, verified=False)
    with site.work() as work:
        attempt = Attempt(work, begun.id, person)
        sms.finish_enrolment(attempt, {"code": site.texted_code()})
    now = profile(site)
    assert (now.phone, now.phone_verified) == ("+64219998888", False)
    assert "sms" not in now.methods


def both(first: Callable[[], object], second: Callable[[], object]) -> list[str]:
    """Run two calls side by side; return what became of each."""
    found = ["nothing", "nothing"]

    def run(number: int, call: Callable[[], object]) -> None:
        try:
            call()
            found[number] = "done"
        except Exception as error:
            found[number] = f"{type(error).__name__}: {error}"

    threads = [
        threading.Thread(target=run, args=(number, call), name=f"caller-{number}")
        for number, call in enumerate((first, second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.mark.parametrize("other", ["the offer's answer", "setting up text messages"])
def test_a_denial_and_a_step_of_the_sign_in_never_wait_for_each_other(
    site: Site, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    person_id = site.person("mere")
    sms = site.installation.signin.authenticators["sms"]
    with site.work() as work:
        person = people.by_id(work, person_id)
        assert person
        begun, _ = site.installation.signin.begin(work, Interaction("", None, Demand(), person))
        sms.send(Attempt(work, begun.id, person))
        data = {"interaction": begun.id}
        purpose = links.Purpose.CODE_DENIED
        url = links.make(work, site.issuer, purpose, person_id, data=data)
    assert site.installation.post.settle(30)
    right, meet = site.texted_code(), threading.Barrier(2)
    lock, hold_phone = people.lock_person, contacts.hold_phone

    def meeting(real: Callable[..., object]) -> Callable[..., object]:
        def held(*args: object) -> object:
            # Both are about to take the person; anyone who took something else before would
            # deadlock.
            with suppress(threading.BrokenBarrierError):
                meet.wait(2)
            return real(*args)

        return held

    monkeypatch.setattr(people, "lock_person", meeting(lock))
    monkeypatch.setattr(contacts, "hold_phone", meeting(hold_phone))

    def deny() -> None:
        with site.work() as work:
            found = denial.opened(work, url.rpartition("/")[2])
            assert found
            installation = site.installation
            installation.denial.deny(work, *found)

    def step() -> None:
        with site.work() as work:
            if other == "the offer's answer":
                answers.offered(work, begun, taken=False)
            else:
                sms.finish_enrolment(Attempt(work, begun.id, person), {"code": right})

    assert both(deny, step) == ["done", "done"]


def test_an_operator_takes_a_factor_away_while_its_owner_moves_the_number(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id = site.person("mere", sms=True)
    begun, real = threading.Event(), credentials.remove_method

    def remove(*args: object) -> int:
        begun.set()
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(credentials, "remove_method", remove)

    def operator() -> None:
        with site.work() as work:
            cases.of(site.installation).helping.reset(work, OPERATOR, person_id, "sms")

    def owner() -> None:
        with site.work() as work:
            begun.wait(2)
            people.lock_person(work, person_id)
            now = people.by_id(work, person_id)
            assert now
            how = How("by the person, with a code", channel="sms")
            site.installation.contacts.set_number(work, now, "+64217654321", how, verified=True)

    assert both(operator, owner) == ["done", "done"]
    assert profile(site).methods == {"password"}, "what was taken away does not come back"
