"""The use case of a sign-in: begun, proved, completed; and the session that it leaves.

Owns what a sign-in is for (`demand`), how far it has come (`interaction`), the one way to make a
guess (`admission`), and what follows when it ends or is left. What comes next the policy decides;
it never renders a page, knows no OAuth, and names no method.
"""
