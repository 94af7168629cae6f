"""Who is signed in to the console, as one who acts; use cases know no pages."""

from idp.operating.actor import Actor
from idp.signin.interaction import Authorized


def actor(who: Authorized) -> Actor:
    """Return who is signed in as one who acts."""
    return Actor(who.person.roles, who.person.id)
