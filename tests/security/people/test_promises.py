"""What a page promised is kept, whatever becomes of the process that said so."""

from collections import Counter
from functools import partial

from idp.store.messages import outbox
from tests.protocol.command import Acrux
from tests.security.serving.crowd import at_once
from tests.support.letters import forget
from tests.support.site import Site


def reset_mails(site: Site) -> list[str]:
    return [mail["to"] for mail in site.messages("mail") if mail["kind"] == "reset-link"]


def test_a_link_that_was_promised_is_mailed_once_after_the_server_was_killed(site: Site) -> None:
    site.person("tane")
    site.person("mere", verified=False)
    with site.serve(1, "--no-with-worker"):
        for name in ("tane", "mere", "nobody"):
            assert forget(site, name).heading == "Check your e-mail"
        site.kill()
    assert not reset_mails(site)
    for _ in range(2):
        Acrux(site.environ)("worker", "--once")
        assert reset_mails(site) == ["tane@example.org"]
    asked = site.events(kind="person:password-reset:asked")
    assert Counter(str(event.reason) for event in asked) == {
        "a link was mailed": 1,
        "the address was never confirmed": 1,
        "nobody of that name": 1,
    }


def test_of_many_workers_with_one_request_one_mails_the_link(site: Site) -> None:
    """The lease of one that was slow is over, and others begin: anyone who is done first counts."""
    site.person("tane")
    forget(site, "tane")
    with site.work() as work:
        [waiting] = outbox.due(work)
        row = outbox.lease(work, waiting, 30)
    assert row is not None
    at_once([partial(site.installation.forgotten.send, row) for _ in range(5)])
    site.work_off()
    assert reset_mails(site) == ["tane@example.org"]
    assert len(site.events(kind="person:password-reset:asked")) == 1


def test_a_request_that_cannot_be_opened_is_given_up_with_an_event(small_site: Site) -> None:
    small_site.person("tane")
    forget(small_site, "tane")
    with small_site.work() as work:
        [waiting] = outbox.due(work)
        row = outbox.lease(work, waiting, 30)
        assert row is not None
        foreign = small_site.installation.keyring.seal(b"{}", outbox.place("another"))
        outbox.add(work, "moved", channel="reset", kind="asked", sealed=foreign, lifetime=60)
    small_site.advance(31)
    small_site.work_off()
    assert reset_mails(small_site) == ["tane@example.org"]
    [given_up] = [e for e in small_site.events(outcome="refused") if "given up" in str(e.reason)]
    assert given_up.kind == "person:password-reset:asked"
