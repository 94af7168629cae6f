"""What a sign-in leaves while it goes on, and after: interactions, codes, marks, proofs, sessions.

Owns these tables' questions and changes; whatever may happen once is one conditional UPDATE. It
never decides what comes next.
"""
