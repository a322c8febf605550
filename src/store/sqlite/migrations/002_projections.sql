-- What lists are read from. Rebuilt from the log by doctor --rebuild; ids sort by time.
CREATE TABLE run(
  id TEXT NOT NULL UNIQUE,
  app TEXT NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,
  ref TEXT NOT NULL,
  sha TEXT NOT NULL,
  cause TEXT NOT NULL,              -- RunRow::trigger
  actor TEXT NOT NULL,
  environments TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX run_app_number ON run(app, number);
CREATE INDEX run_app ON run(app, id);
CREATE INDEX run_state ON run(state, id);
CREATE INDEX run_app_state ON run(app, state, id);
CREATE INDEX run_actor ON run(actor, id);
CREATE INDEX run_app_actor ON run(app, actor, id);
CREATE INDEX run_unfinished ON run(id) WHERE finished_at IS NULL;

-- One row per run and environment that it touches, with what a filtered list also asks for.
CREATE TABLE run_environment(
  environment TEXT NOT NULL,
  run TEXT NOT NULL REFERENCES run(id),
  app TEXT NOT NULL,
  PRIMARY KEY(environment, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_environment_app ON run_environment(environment, app, run);
CREATE INDEX run_environment_run ON run_environment(run);

CREATE TABLE deployment(
  id TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL,
  app TEXT NOT NULL,
  environment TEXT NOT NULL,
  target TEXT NOT NULL,
  version TEXT NOT NULL,
  state TEXT NOT NULL,
  previous TEXT NOT NULL,
  actor TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX deployment_app ON deployment(app, id);
CREATE INDEX deployment_environment ON deployment(environment, id);
CREATE INDEX deployment_app_environment ON deployment(app, environment, id);
CREATE INDEX deployment_state ON deployment(state, id);
