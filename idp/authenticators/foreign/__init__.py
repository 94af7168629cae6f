"""Password hashes that other programs made, taken along when people move in.

Owns which forms are known (`reading`), what each takes to check and how (`schemes`), and how a
weak one is kept (`wrapping`). A person's next sign-in replaces theirs by one of ours. Never stores,
never decides whose a hash is, and never lets a hash into an error.
"""
