"""How many guesses are too many: the arithmetic, and the name of each counter.

Owns both. Never counts: `idp.store.throttles` does.
"""
