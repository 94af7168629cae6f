"""Recovery codes of someone, without the pages that show them."""

from idp.authenticators.recovery import Recovery
from idp.people.factors import recovery_codes
from idp.store import people
from tests.support.site import Site


def give_codes(site: Site, username: str) -> tuple[str, ...]:
    """Let someone have recovery codes, as the account page does."""
    recovery = site.installation.signin.authenticators["recovery"]
    assert isinstance(recovery, Recovery)
    with site.work() as work:
        person = people.by_name(work, username)
        assert person is not None
        draft = recovery_codes.draft(recovery, person)
        assert recovery_codes.keep(work, recovery, person, draft.sealed)
    return draft.codes
