"""The one way out: to addresses that a client gave, and to those that the operator has set.

Owns what such an address may look like, which machines may be reached, and what is taken of the
answer: by https or to a collector of logs, no redirects, within a time and a size. Never decides
what an answer means, keeps nothing between two calls but the trusted authorities, and logs nothing.
"""

from idp.egress.address import EgressError, address_problem
from idp.egress.answer import Fetched
from idp.egress.fetcher import Fetcher
from idp.egress.shares import Shares

__all__ = ["EgressError", "Fetched", "Fetcher", "Shares", "address_problem"]
