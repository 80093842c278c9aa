ALTER TABLE revision ADD COLUMN epoch TEXT DEFAULT '' NOT NULL;

ALTER TABLE revision ADD COLUMN rewrites BIGINT DEFAULT '0' NOT NULL;

UPDATE revision SET epoch='0123456789abcdef0123456789abcdef';

ALTER TABLE runs ADD COLUMN undo_until DOUBLE PRECISION;

CREATE TABLE change_times (
  resource_version BIGINT NOT NULL,
  moment DOUBLE PRECISION NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT pk_change_times PRIMARY KEY (resource_version)
);

CREATE TABLE duties (
  name TEXT NOT NULL,
  holder TEXT NOT NULL,
  until DOUBLE PRECISION NOT NULL,
  CONSTRAINT pk_duties PRIMARY KEY (name)
);

CREATE TABLE probes (
  id TEXT NOT NULL,
  moment DOUBLE PRECISION NOT NULL,
  data BYTEA NOT NULL,
  CONSTRAINT pk_probes PRIMARY KEY (id)
);

CREATE INDEX ix_changes_key ON changes (grp, resource, namespace, name, resource_version);

CREATE TABLE past (
  grp TEXT COLLATE "C" NOT NULL,
  resource TEXT COLLATE "C" NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  resource_version BIGINT NOT NULL,
  until BIGINT NOT NULL,
  uid TEXT NOT NULL,
  api_version TEXT COLLATE "C" NOT NULL,
  data BYTEA NOT NULL,
  CONSTRAINT pk_past PRIMARY KEY (grp, resource, namespace, name, resource_version)
);

CREATE INDEX ix_past_until ON past (until);

CREATE FUNCTION keep_past_of_updated() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.resource_version <= (SELECT compacted FROM revision) THEN INSERT INTO past (grp, resource, namespace, name, resource_version, uid, api_version, data, until) VALUES (OLD.grp, OLD.resource, OLD.namespace, OLD.name, OLD.resource_version, OLD.uid, OLD.api_version, OLD.data, NEW.resource_version) ON CONFLICT DO NOTHING; END IF; RETURN NULL; END $$;

CREATE FUNCTION keep_past_of_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.resource_version <= (SELECT compacted FROM revision) THEN INSERT INTO past (grp, resource, namespace, name, resource_version, uid, api_version, data, until) VALUES (OLD.grp, OLD.resource, OLD.namespace, OLD.name, OLD.resource_version, OLD.uid, OLD.api_version, OLD.data, (SELECT value FROM revision)) ON CONFLICT DO NOTHING; END IF; RETURN NULL; END $$;

CREATE TRIGGER keep_past_of_updated AFTER UPDATE OF resource_version ON objects FOR EACH ROW EXECUTE FUNCTION keep_past_of_updated();

CREATE TRIGGER keep_past_of_deleted AFTER DELETE ON objects FOR EACH ROW EXECUTE FUNCTION keep_past_of_deleted();

UPDATE alembic_version SET version_num='0003';
