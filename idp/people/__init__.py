"""What becomes of a person's account: factors, passwords, address and number, over their life.

Owns setting up and removing, changing and recovering, inside a sign-in and outside; each change
with its event and the word to its owner. It never renders a page, and asks the policy who may.
"""
