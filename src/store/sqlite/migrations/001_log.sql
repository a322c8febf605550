-- The log. A stream's name is kept once; its version is the number of its events.
CREATE TABLE meta(
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stream(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE event(
  seq INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream(id),
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,              -- microseconds since 1970, as all times here
  actor TEXT NOT NULL,
  payload TEXT NOT NULL,
  hash BLOB NOT NULL CHECK(length(hash) = 32),
  UNIQUE(stream, version)
) STRICT;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
