CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE storage_versions (
  grp TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  api_version TEXT COLLATE "C" NOT NULL,
  preferred BOOLEAN NOT NULL,
  CONSTRAINT pk_storage_versions PRIMARY KEY (grp, resource, api_version)
);

CREATE UNIQUE INDEX uq_storage_versions_preferred ON storage_versions (grp, resource) WHERE preferred;

CREATE TABLE objects (
  grp TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  uid TEXT NOT NULL,
  api_version TEXT COLLATE "C" NOT NULL,
  resource_version BIGINT NOT NULL,
  data BYTEA NOT NULL,
  CONSTRAINT pk_objects PRIMARY KEY (grp, resource, namespace, name),
  CONSTRAINT fk_objects_storage_versions FOREIGN KEY(grp, resource, api_version) REFERENCES storage_versions (grp, resource, api_version)
);

CREATE INDEX ix_objects_api_version ON objects (grp, resource, api_version, namespace, name);

CREATE TABLE changes (
  resource_version BIGINT NOT NULL,
  type TEXT NOT NULL,
  grp TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  uid TEXT NOT NULL,
  api_version TEXT COLLATE "C" NOT NULL,
  data BYTEA NOT NULL,
  before BYTEA,
  CONSTRAINT pk_changes PRIMARY KEY (resource_version),
  CONSTRAINT ck_changes_type CHECK (type IN ('ADDED', 'MODIFIED', 'DELETED')),
  CONSTRAINT fk_changes_storage_versions FOREIGN KEY(grp, resource, api_version) REFERENCES storage_versions (grp, resource, api_version)
);

CREATE INDEX ix_changes_resource ON changes (grp, resource, resource_version);

CREATE INDEX ix_changes_api_version ON changes (grp, resource, api_version, resource_version);

CREATE TABLE revision (
  id INTEGER NOT NULL,
  value BIGINT NOT NULL,
  compacted BIGINT NOT NULL,
  CONSTRAINT pk_revision PRIMARY KEY (id),
  CONSTRAINT ck_revision_one_row CHECK (id = 1)
);

INSERT INTO revision (id, value, compacted) VALUES (1, 1, 0);

INSERT INTO alembic_version (version_num) VALUES ('0001');
