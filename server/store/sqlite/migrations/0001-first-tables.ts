/**
 * Version 1: everything. Names and instants as in store.ts; ids as text, so that a shell on the file is readable.
 * Event kinds are the numbers of event-kinds.ts, evidence the JSON list of evidence-text.ts.
 */
export const FIRST_TABLES = `
  -- In the order they were appended.
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    host_id TEXT NOT NULL,
    host TEXT NOT NULL,
    kind INTEGER NOT NULL,
    reason TEXT,
    evidence TEXT,
    actor TEXT
  );
  -- Holds all a timeline needs, so that it reads no row of the table.
  CREATE INDEX events_host ON events (host_id, seq, at, kind);

  -- Earliest and latest instant of each 4,096 seqs: a query of a span skips the blocks that have none of it.
  CREATE TABLE event_blocks (
    block INTEGER PRIMARY KEY,
    min_at INTEGER NOT NULL,
    max_at INTEGER NOT NULL
  );

  -- id = host id, '-', episode number.
  CREATE TABLE episodes (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    reason TEXT NOT NULL,
    evidence TEXT,
    incident_id TEXT,
    ack_by TEXT,
    ack_at INTEGER,
    ack_comment TEXT,
    ack_expires_at INTEGER,
    timeout_ms INTEGER NOT NULL,
    closed_by TEXT,
    batch_id TEXT
  );
  CREATE INDEX episodes_open ON episodes (opened_at DESC, id, ack_at) WHERE closed_at IS NULL;
  CREATE INDEX episodes_resolved ON episodes (closed_at DESC, id) WHERE closed_at IS NOT NULL;

  -- The highest number among the episodes of a host that have been trimmed.
  CREATE TABLE episode_floors (
    host_id TEXT PRIMARY KEY,
    episode INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE hosts (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    labels TEXT NOT NULL,
    interval_ms REAL NOT NULL,
    registered_at INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    left_at INTEGER,
    left_evidence TEXT
  );

  CREATE TABLE tombstones (
    host_id TEXT PRIMARY KEY,
    removed_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX tombstones_at ON tombstones (removed_at);

  CREATE TABLE runs (
    no INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    alive_at INTEGER NOT NULL
  );

  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    detail TEXT
  );
  CREATE INDEX audit_at ON audit (at);

  -- JSON values of ServerSettings.
  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE users (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER
  ) WITHOUT ROWID;

  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE ON UPDATE CASCADE,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address TEXT,
    user_agent TEXT
  );
  CREATE INDEX sessions_user ON sessions (user);

  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE ON UPDATE CASCADE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at INTEGER
  );
  CREATE INDEX tokens_user ON tokens (user);
`;
