"""What may be a new password, wherever it is chosen: at a terminal, by a link, or in a sign-in.

Length by what else protects the account, no lists of attackers, nothing that is known of the
person, and not the one before (SP 800-63B-4 3.1.1.2, ASVS 6.2). It changes nothing.
"""

from idp.authenticators.base import Rejected
from idp.authenticators.directory_password import ELSEWHERE
from idp.authenticators.password import Password
from idp.language import Words, _
from idp.policy.rollout import Member
from idp.signin.facts import member
from idp.signin.sign_in import SignIn
from idp.store.db import Work
from idp.store.people import PersonRow

SAME = _("That is the password you have now. Choose another.")


class PasswordRule:
    """The rule of one installation."""

    def __init__(self, signin: SignIn) -> None:
        password = signin.authenticators["password"]
        assert isinstance(password, Password)
        self.password = password
        self._signin = signin

    def problem(self, work: Work, person: PersonRow, new: str) -> Words:
        """Return why `new` cannot be this person's password, in plain words; "" when it can."""
        words = (person.username, person.email, person.name)
        mfa = self.needs_second(work, member(person))
        return self.password.problem(new, words, mfa=mfa)

    def shortest(self, work: Work, person: PersonRow) -> int:
        """Return how many characters this person's password needs, to be told beforehand."""
        limits = self._signin.settings.password
        mfa = self.needs_second(work, member(person))
        return limits.min_length_with_mfa if mfa else limits.min_length

    def needs_second(self, work: Work, who: Member) -> bool:
        """Return True if a second factor is enforced for someone, today."""
        rules = self._signin.rules
        required = self._signin.facts.demanded(work, who).level
        levels = [rules.level(name) for name in (rules.floor, required) if name]
        return any(level is not None and level.kinds >= 2 for level in levels)

    def hashed(self, work: Work, person: PersonRow, new: str) -> str | Rejected:
        """Judge a new password and return what is stored of it; no transaction is open."""
        if self.password.elsewhere(work, person.id):
            return Rejected("the password is the directory's", ELSEWHERE)
        found = self.problem(work, person, new)
        work.release()
        if found:
            return Rejected("the new password was refused", found)
        if self.password.present(work, person.id, new) is not None:
            return Rejected("the new password is the old one", SAME)
        return self.password.hashed(new)
