"""Signing out: by an application, by frames, behind the browser, and the watch over a session.

Owns the endpoints and tokens of the logout specifications. Ending a session is `signin.sessions`'.
"""
