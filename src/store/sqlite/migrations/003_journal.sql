-- What is not history: the op journal, deliveries, texts by digest, documents, counters, leases.
CREATE TABLE op(
  key TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  name TEXT NOT NULL,
  class TEXT NOT NULL CHECK(class IN ('A', 'B', 'C')),
  state TEXT NOT NULL CHECK(state IN ('intent', 'done', 'failed')),
  intent TEXT NOT NULL,
  result TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX op_run ON op(run);

CREATE TRIGGER op_done_is_final BEFORE UPDATE ON op WHEN OLD.state = 'done' AND NEW.state <> 'done'
BEGIN SELECT RAISE(ABORT, 'a done op stays done'); END;

CREATE TABLE blob(
  digest TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE delivery(
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  event TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  answer TEXT NOT NULL,             -- DeliveryRow::trigger
  UNIQUE(source, id)
) STRICT;

CREATE TABLE doc(
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY(kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter(
  name TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease(
  name TEXT PRIMARY KEY NOT NULL,
  owner TEXT NOT NULL,              -- empty: released
  fence INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
