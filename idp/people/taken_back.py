"""What a denial takes back, and what it leaves, as its person reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from idp.authenticators.base import Authenticator
from idp.language import Every, Words, _

Methods = Mapping[str, Authenticator]


@dataclass(frozen=True)
class Done:
    """What a denial does, or did, beside ending sign-ins: for the page and the notice.

    Addresses and numbers are masked; ways to sign in are methods.
    """

    demanded: bool = False
    """A new password is needed."""
    address: str | None = None
    """The earlier address that is in force again."""
    address_left: str | None = None
    """The present address, changed lately and not changed back."""
    removed: tuple[str, ...] = ()
    stayed: tuple[str, ...] = ()
    """Added lately in the place of what is gone: without it the mailbox alone would do."""
    lost: tuple[str, ...] = ()
    """Replaced or removed lately, and nothing puts it back."""
    codes: bool = False
    """Recovery codes that were made lately are dead."""
    stopped: bool = False
    """What waited to be changed is stopped."""
    number_left: str | None = None
    """The present number, changed lately: it is not changed back, and confirmed no more."""


def taken(done: Done, authenticators: Methods) -> Iterator[Words]:
    """Say what is, or will be, taken back."""
    if done.address:
        yield _("The account has its earlier e-mail address again: %(at)s.", at=done.address)
    if done.removed:
        ways = _named(done.removed, authenticators)
        yield _("Removed, because it was set up lately: %(ways)s.", ways=ways)
    if done.stopped:
        yield _("A change that was waiting is stopped.")
    if done.codes:
        yield _("Recovery codes that were made lately no longer work.")


def left(done: Done, authenticators: Methods) -> Iterator[Words]:
    """Say what is not, and what helps."""
    if done.address_left:
        yield _(
            "The e-mail address stays %(at)s, although it was changed lately: this link cannot"
            " change it back.",
            at=done.address_left,
        )
    if done.stayed:
        yield _(
            "Not removed, although it was set up lately: %(ways)s. It took the place of what"
            " you had before, and without it your mailbox alone would open the account.",
            ways=_named(done.stayed, authenticators),
        )
    if done.lost:
        yield _(
            "Not put back: %(ways)s, removed or replaced lately. Set it up again once you are"
            " signed in.",
            ways=_named(done.lost, authenticators),
        )
    if done.number_left:
        yield _(
            "The mobile number stays %(number)s, although it was changed lately. Change it once"
            " you are signed in.",
            number=done.number_left,
        )


def _named(methods: tuple[str, ...], ways: Methods) -> Every:
    return Every([ways[method].noun for method in methods if method in ways])
