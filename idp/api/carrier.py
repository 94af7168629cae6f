"""The addresses of reports."""

from flask import Blueprint, Response, request

from idp import audit, web
from idp.audit import Event, Outcome
from idp.installation import Installation
from idp.messages.carriers import gateway, reports
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.signin import challenges

LAST = {
    "delivered": (Event.CODE_DELIVERED, Outcome.DONE),
    "failed": (Event.CODE_UNDELIVERED, Outcome.REFUSED),
}
"""What is told to auditors: how it ended, not each station on the way."""


def blueprint(installation: Installation) -> Blueprint:
    """Return the addresses, bound to an installation."""
    views = Blueprint("carrier", __name__, url_prefix="/carrier")

    @views.post(reports.PATH.removeprefix("/carrier"))
    def twilio() -> Response:
        settings = installation.settings
        query = request.query_string.decode("utf-8", "replace")
        signed = request.form if request.form else request.get_data(as_text=True)
        if "twilio" not in settings.sms.ways:
            return Response(status=404)
        if not reports.genuine(settings, query, signed, dict(request.headers)):
            return Response(status=403)
        said = reports.read(request.args.get(reports.MESSAGE, ""), _members())
        if said is not None:
            _note(web.work(), said)
        # Also when it says nothing new: a carrier that hears anything else asks again.
        return Response(status=204)

    @views.post(gateway.PATH.removeprefix("/carrier"))
    def webhook() -> Response:
        settings = installation.settings
        if "webhook" not in settings.sms.ways:
            return Response(status=404)
        body = request.get_data()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not gateway.genuine(settings, body, headers):
            return Response(status=403)
        said = gateway.read(body)
        if said is not None:
            _note(web.work(), said)
        return Response(status=204)

    return views


def _members() -> dict[str, str]:
    """Return the members of a signed report, whether it is a form or JSON."""
    if request.form:
        return request.form.to_dict()
    content = request.get_json(silent=True)
    found = content if isinstance(content, dict) else {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _note(work: Work, said: outbox.Report) -> None:
    found = outbox.report(work, said)
    if found is None or said.status not in LAST:
        return
    outbox_id, kind = found
    interaction, person = challenges.of_message(work, outbox_id)
    event, outcome = LAST[said.status]
    reason = f"{kind}: {said.error}" if outcome is Outcome.REFUSED else kind
    audit.record(work, event, outcome, person=person, interaction=interaction, reason=reason)
