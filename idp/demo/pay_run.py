"""The pay run of the demo, and what everybody who has to do with it calls its parts. Facts only."""

import json
from typing import Any

API, DESK = "harbour-pay-api", "harbour-pay-desk"
AUDIENCE = "https://pay.harbour.example"
"""What `aud` of a token for the API names."""
APPROVE = "pay:approve"
TYPE = "harbour_pay_run"
PATH = "/pay-api/runs/november"
RUN: dict[str, Any] = {
    "type": TYPE,
    "period": "November",
    "total": {"amount": "52310.50", "currency": "NZD"},
    "people": 1250,
}
"""What is to be approved, as a detail that a person agrees to (RFC 9396)."""
DETAILS = json.dumps([RUN])
REGISTERED: dict[str, Any] = {
    "name": "Harbour Pay",
    "published": True,
    "scopes": {
        APPROVE: {
            "en": "Approve pay runs",
            "de": "Gehaltsläufe freigeben",
            "es": "Aprobar nóminas",
            "fr": "Approuver les paies",
            "mi": "Whakaae ki ngā utunga",
        }
    },
    "types": {
        TYPE: {
            "words": {
                "en": "Pay {total} to {people} people for {period}",
                "de": "{total} an {people} Menschen für {period} zahlen",
                "es": "Pagar {total} a {people} personas por {period}",
                "fr": "Payer {total} à {people} personnes pour {period}",
                "mi": "Utua te {total} ki ngā tāngata {people} mō {period}",
            },
            "members": {
                "total": {"kind": "money"},
                "people": {"kind": "number"},
                "period": {"kind": "text"},
            },
        }
    },
}
"""The API as an operator registers it: `acrux api add`."""
