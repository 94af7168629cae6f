"""`/scim/v2/`: what directories send, and what becomes of people and groups by it."""
