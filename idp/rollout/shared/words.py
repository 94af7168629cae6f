"""The signs of a shared profile in words, in the language spoken."""

from collections.abc import Callable, Mapping

from idp.language import Words, _, n_
from idp.policy.shared_profiles import Reason, Sign


def _days_back_and_forth(count: int) -> Words:
    return n_(
        "On %(num)s day it was used back and forth between browsers in different networks.",
        "On %(num)s days it was used back and forth between browsers in different networks.",
        count,
    )


def _days_apart(count: int) -> Words:
    return n_(
        "On %(num)s day several browsers were signed in, and used only one after the other.",
        "On %(num)s days several browsers were signed in, and used only one after the other.",
        count,
    )


def _codes_elsewhere(count: int) -> Words:
    return n_(
        "%(num)s code was asked for in one browser and typed in another.",
        "%(num)s codes were asked for in one browser and typed in another.",
        count,
    )


def _set_ups(count: int) -> Words:
    return n_(
        "An authenticator app was set up %(num)s time within thirty days.",
        "An authenticator app was set up %(num)s times within thirty days.",
        count,
    )


def _long_days(count: int) -> Words:
    return n_(
        "On %(num)s day it was used through more than sixteen hours.",
        "On %(num)s days it was used through more than sixteen hours.",
        count,
    )


def _denied(count: int) -> Words:
    return n_(
        "%(num)s time “This was not me” was said soon after a sign-in.",
        "%(num)s times “This was not me” was said soon after a sign-in.",
        count,
    )


_WORDS: Mapping[Sign, Callable[[int], Words]] = {
    Sign.NAME: lambda _count: _("It is called like a place or a job."),
    Sign.ALTERNATING: _days_back_and_forth,
    Sign.APART: _days_apart,
    Sign.ELSEWHERE: _codes_elsewhere,
    Sign.SET_UPS: _set_ups,
    Sign.HOURS: _long_days,
    Sign.DENIED: _denied,
}


def words(reason: Reason) -> Words:
    """Return a sentence that says what was seen, and how often."""
    return _WORDS[reason.sign](reason.count)
