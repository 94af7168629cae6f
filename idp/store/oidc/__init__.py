"""What the protocol keeps: applications, authorizations, tokens, whom a logout concerns.

Owns these tables' questions and changes; codes and tokens stand as digests. It never decides.
"""
