"""Builds that are wrong on purpose: a checker that does not find them proves nothing."""

from torture.builds import Broken, Patch

BROKEN = {
    broken.name: broken
    for broken in (
        Broken(
            "a code is claimed without a condition",
            "a_code_works_once",
            (
                Patch(
                    "idp/store/oidc/authorizations.py",
                    "SET code_used_at = :now WHERE id = :id AND code_used_at IS NULL'",
                    "SET code_used_at = :now WHERE id = :id'",
                ),
            ),
        ),
        Broken(
            "an app's code is claimed without a condition",
            "what_proves_once_proves_once",
            (
                Patch(
                    "idp/store/credentials.py",
                    '" WHERE id = :id AND (last_step < :step OR last_step > :latest)"',
                    '" WHERE id = :id AND (last_step <= :step OR last_step > :latest)"',
                ),
                Patch(
                    "idp/authenticators/totp.py",
                    "    return _remember(work, credential_id, step)\n",
                    "    return True\n",
                ),
            ),
        ),
        Broken(
            "the event of a token is not in its transaction",
            "every_token_has_one_event",
            (
                Patch(
                    "idp/oidc/tokens/record.py",
                    "    audit.record(\n        work,\n        event,\n",
                    "    import threading, time\n"
                    "    from idp.store import db\n"
                    "    def later(**values):\n"
                    "        time.sleep(1)\n"
                    "        with db.work(work.engine) as other:\n"
                    "            audit.record(other, event, **values)\n"
                    "    def record(**values):\n"
                    "        work.after_commit(threading.Thread(target=later, kwargs=values,"
                    " daemon=True).start)\n"
                    "    record(\n",
                ),
            ),
            ("server killed",),
        ),
        Broken(
            "a refresh token's second use ends nothing",
            "a_second_use_ends_the_family",
            (
                Patch(
                    "idp/oidc/token_endpoint/refresh.py",
                    "    authorizations.revoke(request.work, row.authorization.id)\n",
                    "",
                ),
            ),
        ),
        Broken(
            "tokens are committed before their claim",
            "a_code_works_once",
            (
                Patch(
                    "idp/store/db/__init__.py",
                    "        before = self._put_off.up_to(since)\n",
                    "        before = self._put_off.up_to(since)\n        self.commit()\n",
                ),
            ),
        ),
        Broken(
            "a forgotten password is handed to a thread after the answer",
            "no_message_is_lost",
            (
                Patch(
                    "idp/people/passwords/forgotten.py",
                    '        self._post.leave(work, channel=CHANNEL, kind="asked", content=about,'
                    " lifetime=LIFETIME)\n",
                    "        import threading, time\n"
                    "        def later():\n"
                    "            time.sleep(1)\n"
                    "            with db.work(self._engine) as other:\n"
                    '                self._post.leave(other, channel=CHANNEL, kind="asked",'
                    " content=about, lifetime=LIFETIME)\n"
                    "        threading.Thread(target=later, daemon=True).start()\n",
                ),
            ),
            ("server killed",),
        ),
        Broken(
            "a revocation is answered and not committed",
            "what_was_ended_stays_ended",
            (
                Patch(
                    "idp/oidc/revocation.py",
                    "            _end(work, row)\n",
                    "            _end(work, row)\n            work.rollback()\n",
                ),
            ),
        ),
        Broken(
            "the leaf of a token is not in its transaction",
            "every_token_has_one_leaf",
            (
                Patch(
                    "idp/ledger/writing.py",
                    "        leaves.add(work, jti=said.jti, at=said.at, body=said.text())\n",
                    "        import threading, time\n"
                    "        from idp.store import db\n"
                    "        def later():\n"
                    "            time.sleep(1)\n"
                    "            with db.work(work.engine) as other:\n"
                    "                leaves.add(other, jti=said.jti, at=said.at,"
                    " body=said.text())\n"
                    "        start = threading.Thread(target=later, daemon=True).start\n"
                    "        work.after_commit(start)\n",
                ),
            ),
        ),
        Broken(
            "rows are numbered before they are signed",
            "the_ledger_verifies",
            (
                Patch(
                    "idp/ledger/sealing.py",
                    "        log.add_checkpoint(work, grown.size,",
                    "        work.commit()\n        log.add_checkpoint(work, grown.size,",
                ),
            ),
            ("crash at seal-signed",),
        ),
        Broken(
            "a rotated refresh token has a second successor",
            "a_refresh_token_has_one_successor",
            (
                Patch(
                    "idp/oidc/tokens/issuer.py",
                    '        return self.keyring.keyed_digest("refresh-successor", refresh_token)',
                    "        return crypto.random_token(32)",
                ),
                Patch(
                    "idp/store/oidc/tokens.py",
                    ' AND used_at IS NULL AND expires_at > :now"\n    # Not EXISTS',
                    ' AND expires_at > :now"\n    # Not EXISTS',
                ),
            ),
        ),
    )
}
"""By name."""
