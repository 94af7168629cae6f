"""The authorization endpoint: a request becomes a sign-in, a finished sign-in an answer.

Owns the parameters, the checks of a request, request objects, and how an answer travels. It never
judges what a sign-in is worth: that is the policy's.
"""
