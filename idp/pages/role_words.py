"""What our own roles are called on pages."""

from collections.abc import Collection, Mapping

from idp.language import Words, _
from idp.policy.roles import Role

WORDS: Mapping[str, Words] = {
    Role.OWNER: _("owner"),
    Role.ADMIN: _("administrator"),
    Role.SUPPORT: _("support"),
    Role.AUDITOR: _("auditor"),
}


def named(roles: Collection[str]) -> list[Words]:
    """Return the words for `roles`, the most powerful first, and no other than ours."""
    return [words for role, words in WORDS.items() if role in roles]
