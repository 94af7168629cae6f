"""What a device asks: what every request that is answered elsewhere may."""

from idp.oidc.authorize.ordered_checks import OrderedChecks
from idp.oidc.elsewhere import asked
from idp.oidc.elsewhere.asked import Asked, Checked

RESUMES = "/device/{request}/resume/{{id}}"
"""Where the sign-in goes on; the interaction's id is put in when it has one."""
CHECKS = OrderedChecks(Asked, Checked, asked.CHECKS)
