"""Where a carrier reports how text messages and calls fare.

Believes what the carrier signed and nothing else; knows no session and shows no page.
"""

from idp.api.carrier import blueprint

__all__ = ["blueprint"]
