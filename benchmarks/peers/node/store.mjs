// Where node-oidc-provider keeps what it issued: one table, as its own example adapters have it, on SQLite or PostgreSQL.
import Sqlite from "better-sqlite3";
import pg from "pg";

const TABLE = `CREATE TABLE IF NOT EXISTS stored (
  id TEXT PRIMARY KEY, payload TEXT NOT NULL, expires BIGINT, consumed BIGINT, grant_id TEXT, uid TEXT)`;
const INDEXES = [
  "CREATE INDEX IF NOT EXISTS stored_grant ON stored (grant_id) WHERE grant_id IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS stored_uid ON stored (uid) WHERE uid IS NOT NULL",
];
const UPSERT = `INSERT INTO stored (id, payload, expires, grant_id, uid) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, expires = excluded.expires`;
const FIND = "SELECT payload, expires, consumed FROM stored WHERE id = $1";
const BY_UID = "SELECT payload, expires, consumed FROM stored WHERE uid = $1";
const CONSUME = "UPDATE stored SET consumed = $1 WHERE id = $2";
const DESTROY = "DELETE FROM stored WHERE id = $1";
const REVOKE = "DELETE FROM stored WHERE grant_id = $1";

const now = () => Math.floor(Date.now() / 1000);

function sqlite(file, synchronous) {
  const database = new Sqlite(file);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  database.exec([TABLE, ...INDEXES].join(";"));
  const prepared = new Map();
  const statement = (sql) => {
    if (!prepared.has(sql)) prepared.set(sql, database.prepare(sql.replace(/\$\d/g, "?")));
    return prepared.get(sql);
  };
  return {
    async run(sql, ...values) { statement(sql).run(...values); },
    async row(sql, value) { return statement(sql).get(value); },
  };
}

async function postgresql(url) {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  for (const sql of [TABLE, ...INDEXES]) await pool.query(sql);
  // A name has a statement prepared once for each connection.
  const named = (sql, values) => pool.query({ name: sql.slice(0, 60), text: sql, values });
  return {
    async run(sql, ...values) { await named(sql, values); },
    async row(sql, value) { return (await named(sql, [value])).rows[0]; },
  };
}

export async function adapter(url, synchronous) {
  const at = url.startsWith("sqlite:") ? sqlite(url.slice(7), synchronous) : await postgresql(url);
  return class {
    constructor(kind) { this.kind = kind; }

    key(id) { return `${this.kind}:${id}`; }

    async upsert(id, payload, expiresIn) {
      const expires = expiresIn ? now() + expiresIn : null;
      await at.run(UPSERT, this.key(id), JSON.stringify(payload), expires, payload.grantId ?? null, payload.uid ?? null);
    }

    read(row) {
      if (!row || (row.expires && Number(row.expires) < now())) return undefined;
      const payload = JSON.parse(row.payload);
      return row.consumed ? { ...payload, consumed: Number(row.consumed) } : payload;
    }

    async find(id) { return this.read(await at.row(FIND, this.key(id))); }

    async findByUid(uid) { return this.read(await at.row(BY_UID, uid)); }

    async findByUserCode() { return undefined; }

    async consume(id) { await at.run(CONSUME, now(), this.key(id)); }

    async destroy(id) { await at.run(DESTROY, this.key(id)); }

    async revokeByGrantId(grantId) { await at.run(REVOKE, grantId); }
  };
}
