"""Passwords: links to a new one, what one may be, and what follows when one is another.

No one but the person ever chooses or sees one. It never checks a password in a sign-in
(`authenticators.password`), and never renders a page.
"""
