"""Authorization responses: where the answer goes, and the three ways in which it travels.

OAuth 2.0 Multiple Response Type Encoding Practices section 2.1; OAuth 2.0 Form Post Response Mode.
Whatever follows a form of ours is reached by a page that goes on by itself: browsers hold every
redirect after a form to the form's own policy, those of the application too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response

from idp import web
from idp.oidc.authorize import parameters, signed_responses
from idp.oidc.authorize.carried import Carried
from idp.oidc.clients.client import Client
from idp.oidc.clients.redirect_addresses import place
from idp.oidc.redirects import go, go_on
from idp.oidc.uris import origin_of
from idp.signin.interaction import Interaction
from idp.web import compression
from idp.web.urlencoded import with_parameters

NOBODY = "'none'"


@dataclass(frozen=True)
class Destination:
    """Where an answer goes, and how."""

    uri: str
    """A redirect URI that was trusted before."""
    client_id: str
    mode: str = "query"
    state: str | None = None
    """What the application gave to be given back (RFC 6749 section 4.1.1)."""
    name: str = ""
    """What the page of form_post calls the application."""
    silent: bool = False
    """It answers prompt=none, perhaps in a frame that the application keeps out of sight."""
    after_form: bool = False
    """The browser comes here from a form of ours."""
    unvetted: bool = False
    """No one here has checked whose address it is: errors are shown before they are sent there."""

    @property
    def carrier(self) -> str:
        """Return query, fragment or form_post, whether or not the answer is signed."""
        return signed_responses.carrier(self.mode)

    @property
    def by_page(self) -> bool:
        """Return True if a page of ours takes the answer on, not a mere redirect."""
        return self.after_form or self.carrier == "form_post"

    @classmethod
    def of_request(cls, asked: Mapping[str, str], client: Client) -> "Destination":
        """Return where the answer to a request goes that did not become a Demand."""
        return cls(
            uri=asked["redirect_uri"],
            client_id=client.client_id,
            mode=parameters.response_mode(asked),
            state=asked.get("state"),
            name=client.name,
            silent="none" in asked.get("prompt", "").split(),
            unvetted=client.unvetted,
        )

    @classmethod
    def of_sign_in(cls, interaction: Interaction) -> "Destination":
        """Return where the answer to a sign-in goes, at its end or before its first page.

        What the person decided, and what no page may be shown for (prompt=none), is never held.
        """
        demand, row = interaction.demand, interaction.row
        carried = Carried.of(demand)
        said_no = row is not None and row.refused is not None
        application = demand.application
        unvetted = application is not None and bool(application.unvetted)
        return cls(
            uri=demand.redirect_uri or "",
            client_id=demand.client_id or "",
            mode=carried.response_mode,
            state=carried.state,
            name=application.name if application else "",
            silent="none" in demand.ask.prompt,
            after_form=row is not None,
            unvetted=unvetted and not said_no and "none" not in demand.ask.prompt,
        )


def send(to: Destination, fields: Mapping[str, str]) -> Response:
    """Send `fields` to the application in the mode of the request."""
    if to.carrier == "form_post":
        return _form(to, fields)
    return go_on(_with(to, fields), to.name) if to.after_form else go(_with(to, fields))


def hold(to: Destination, fields: Mapping[str, str], why: str) -> Response:
    """Show where the answer to an application that no one has checked leads, and why it goes there.

    A browser that goes there unasked would make us the trusted half of a stranger's link (RFC 9700
    section 4.11.2).
    """
    posted = to.carrier == "form_post"
    response = web.page(
        "oidc/held.html",
        400,
        client_name=to.name,
        why=why,
        host=place(to.uri),
        address=to.uri if posted else _with(to, fields),
        fields=fields if posted else {},
    )
    return _without_form_action(response) if posted else response


def _with(to: Destination, fields: Mapping[str, str]) -> str:
    if to.carrier == "fragment":
        return f"{to.uri}#{urlencode(fields)}"
    return with_parameters(to.uri, fields)


def _form(to: Destination, fields: Mapping[str, str]) -> Response:
    """Return the page that posts itself; its button is for browsers without JavaScript."""
    compression.leave_plain()
    response = web.page("oidc/form_post.html", action=to.uri, fields=fields, client_name=to.name)
    # The application's own pages may frame what answers prompt=none: it asks nothing of a person,
    # and says nothing that a redirect, which no header keeps out of a frame, would not say as well.
    framer = origin_of(to.uri) if to.silent else None
    if framer is not None:
        web.let_frame()
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:;"
        f" base-uri 'none'; frame-ancestors {framer or NOBODY}"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _without_form_action(response: Response) -> Response:
    """Let the page's form lead wherever the application leads on from its registered address.

    The form has no address but that one, and nothing on the page comes from elsewhere.
    """
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace(" form-action 'self';", "")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
