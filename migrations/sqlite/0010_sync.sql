-- What people did with a ticket in its tracker, and what was decided by it.
ALTER TABLE tickets ADD COLUMN resolution TEXT NOT NULL DEFAULT 'open';   -- as the tracker showed it last
ALTER TABLE tickets ADD COLUMN version_ms INTEGER NOT NULL DEFAULT 0;     -- when the ticket changed last, by its tracker
ALTER TABLE tickets ADD COLUMN since_ms INTEGER;                          -- since when it stands so
ALTER TABLE tickets ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0;         -- 1 where the tracker has to be asked
ALTER TABLE tickets ADD COLUMN ours INTEGER NOT NULL DEFAULT 0;           -- 1 where hearback made it so
ALTER TABLE tickets ADD COLUMN decided TEXT NOT NULL DEFAULT 'open';
ALTER TABLE tickets ADD COLUMN decided_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN decided_by TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN decided_why TEXT NOT NULL DEFAULT '';
CREATE INDEX tickets_key ON tickets (tracker, target, key) WHERE key IS NOT NULL;

-- What tickets were called before they moved: word of them may come late.
CREATE TABLE former_keys (
  tracker   TEXT NOT NULL,
  target    TEXT NOT NULL,
  key       TEXT NOT NULL,
  ticket_id TEXT NOT NULL REFERENCES tickets (id),
  PRIMARY KEY (tracker, target, key)
) STRICT;

-- Themes of later rollouts that say what a ticket of an earlier one is about.
CREATE TABLE returns (
  ticket_id  TEXT NOT NULL REFERENCES tickets (id),
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  theme_id   TEXT NOT NULL REFERENCES themes (id) ON DELETE CASCADE,
  at_ms      INTEGER NOT NULL,
  PRIMARY KEY (ticket_id, theme_id)
) STRICT;
CREATE INDEX returns_rollout ON returns (rollout_id);

-- When issues and comments were made in an account, for the last hour.
CREATE TABLE creations (
  scope TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  n     INTEGER NOT NULL,
  PRIMARY KEY (scope, at_ms)
) STRICT;
