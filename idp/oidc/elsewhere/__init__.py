"""Requests that a person answers elsewhere than where they were made: one mechanism, two faces.

Owns what a device (RFC 8628, `idp.oidc.device`) and an application that asks behind the browser
(CIBA, `idp.oidc.ciba`) share: what they ask becomes a Demand, one person answers once, and a yes is
the sign-in that everybody has. How somebody comes to the question is each face's own.
"""
