"""The canary: a person who is none tries to get tokens below what the rules demand, and must fail.

Owns its people and applications, which are there for the length of a run (`birds`), the rules that
it tries (`rules`), how it tries (`attempts`, by a browser of its own, `visitor`), and what follows
when a try succeeds (`running`). It uses the endpoints and pages as anyone does, and decides nothing
of a sign-in. No application is ever reached: answers go to an address that nobody can have.
"""
