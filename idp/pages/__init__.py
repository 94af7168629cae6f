"""The pages that people see: the sign-in, the account, links in messages, the console.

Owns addresses, templates and the words around them, and the gate through which pages of ours
demand a level or a role. It never verifies, never decides what comes next, and never writes SQL.
"""
