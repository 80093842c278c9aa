CREATE TABLE servers (
  id TEXT NOT NULL,
  release TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started DOUBLE PRECISION NOT NULL,
  seen DOUBLE PRECISION NOT NULL,
  decodes TEXT NOT NULL,
  CONSTRAINT pk_servers PRIMARY KEY (id)
);

CREATE TABLE runs (
  id TEXT NOT NULL,
  holder TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  state TEXT NOT NULL,
  began DOUBLE PRECISION NOT NULL,
  ended DOUBLE PRECISION,
  expires DOUBLE PRECISION NOT NULL,
  targets TEXT NOT NULL,
  CONSTRAINT pk_runs PRIMARY KEY (id),
  CONSTRAINT ck_runs_state CHECK (state IN ('running', 'done', 'failed', 'interrupted'))
);

CREATE UNIQUE INDEX uq_runs_running ON runs (state) WHERE state = 'running';

CREATE TABLE undo (
  run TEXT NOT NULL,
  grp TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  resource_version BIGINT NOT NULL,
  api_version TEXT COLLATE "C" NOT NULL,
  data BYTEA NOT NULL,
  written_api_version TEXT COLLATE "C" NOT NULL,
  written_digest BYTEA NOT NULL,
  CONSTRAINT pk_undo PRIMARY KEY (run, grp, resource, namespace, name),
  CONSTRAINT fk_undo_runs FOREIGN KEY(run) REFERENCES runs (id)
);

CREATE TABLE quarantine (
  place TEXT NOT NULL,
  grp TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  resource_version BIGINT NOT NULL,
  api_version TEXT COLLATE "C" NOT NULL,
  run TEXT NOT NULL,
  since DOUBLE PRECISION NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  findings TEXT NOT NULL,
  CONSTRAINT pk_quarantine PRIMARY KEY (grp, resource, namespace, name, place, resource_version),
  CONSTRAINT ck_quarantine_place CHECK (place IN ('objects', 'changes'))
);

CREATE TABLE clients (
  day TEXT NOT NULL,
  grp TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  user_agent TEXT NOT NULL,
  requests BIGINT NOT NULL,
  CONSTRAINT pk_clients PRIMARY KEY (day, grp, version, resource, user_agent)
);

UPDATE alembic_version SET version_num='0002';
