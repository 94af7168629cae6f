"""Applications are told at once what changed for their people (Shared Signals Framework 1.0).

Owns what an event of the trail means to an application (`meaning`), by which name it knows whom
(`naming`), what a stream may be (`configuration`), and the way there: from the trail into each
stream (`following`), signed (`tokens`), pushed (`pushing`) or polled. It never writes what happened
and holds up nobody: it reads the trail, after the commit. A client without a stream costs nothing.
"""
