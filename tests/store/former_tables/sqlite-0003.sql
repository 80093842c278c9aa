ALTER TABLE revision ADD COLUMN epoch TEXT DEFAULT '' NOT NULL;

ALTER TABLE revision ADD COLUMN rewrites BIGINT DEFAULT '0' NOT NULL;

UPDATE revision SET epoch='0123456789abcdef0123456789abcdef';

ALTER TABLE runs ADD COLUMN undo_until DOUBLE;

CREATE TABLE change_times (
  resource_version INTEGER NOT NULL,
  moment DOUBLE NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT pk_change_times PRIMARY KEY (resource_version)
);

CREATE TABLE duties (
  name TEXT NOT NULL,
  holder TEXT NOT NULL,
  until DOUBLE NOT NULL,
  CONSTRAINT pk_duties PRIMARY KEY (name)
);

CREATE TABLE probes (
  id TEXT NOT NULL,
  moment DOUBLE NOT NULL,
  data BLOB NOT NULL,
  CONSTRAINT pk_probes PRIMARY KEY (id)
);

CREATE INDEX ix_changes_key ON changes (grp, resource, namespace, name, resource_version);

CREATE TABLE past (
  grp TEXT NOT NULL,
  resource TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  resource_version INTEGER NOT NULL,
  until INTEGER NOT NULL,
  uid TEXT NOT NULL,
  api_version TEXT NOT NULL,
  data BLOB NOT NULL,
  CONSTRAINT pk_past PRIMARY KEY (grp, resource, namespace, name, resource_version)
);

CREATE INDEX ix_past_until ON past (until);

CREATE TRIGGER keep_past_of_updated BEFORE UPDATE OF resource_version ON objects WHEN OLD.resource_version <= (SELECT compacted FROM revision) BEGIN INSERT INTO past (grp, resource, namespace, name, resource_version, uid, api_version, data, until) VALUES (OLD.grp, OLD.resource, OLD.namespace, OLD.name, OLD.resource_version, OLD.uid, OLD.api_version, OLD.data, NEW.resource_version) ON CONFLICT DO NOTHING; END;

CREATE TRIGGER keep_past_of_deleted BEFORE DELETE ON objects WHEN OLD.resource_version <= (SELECT compacted FROM revision) BEGIN INSERT INTO past (grp, resource, namespace, name, resource_version, uid, api_version, data, until) VALUES (OLD.grp, OLD.resource, OLD.namespace, OLD.name, OLD.resource_version, OLD.uid, OLD.api_version, OLD.data, (SELECT value FROM revision)) ON CONFLICT DO NOTHING; END;

UPDATE alembic_version SET version_num='0003';
