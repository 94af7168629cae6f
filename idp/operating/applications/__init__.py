"""What whoever runs Acrux can do with applications: registered, shown, tried out, looked after.

Owns those acts, and the settings of products that are known. Never what a client may be registered
with: that is `idp.oidc.clients`'.
"""
