"""What can prove a person: one module a method, all behind `base.Authenticator`.

An authenticator verifies an answer and enrols a credential; it returns `Verified` or `Rejected`. It
never knows what comes next, whether it was needed, or which application waits.
"""
