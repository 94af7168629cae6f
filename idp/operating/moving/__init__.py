"""Moving in and out: applications from another provider, and all that is the operator's, as a file.

Owns what a file means, and what goes into one. Never registers or changes anything itself: that is
the other rooms' (`idp.operating`), so that a file is checked as what is typed is.
"""
