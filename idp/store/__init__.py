"""Everything that is kept: tables and the questions asked of them. Alone imports SQLAlchemy.

Each module owns one family of tables and offers functions that answer one question each with frozen
values; it never returns a query, never decides a policy, never opens a connection of its own: the
unit of work is an argument (`db.Work`).
"""
