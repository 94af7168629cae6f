"""Ways to sign in that a person has besides a password: set up, lost, taken away, given again.

Owns what is proved before the first, what ends with one that is gone, and what helps without it.
It never says whether an answer is right (`idp.authenticators`) nor what is demanded (the policy).
"""
