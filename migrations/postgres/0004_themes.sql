-- Statements that were at home in a theme when it was named, and that are now (a theme's own size).
ALTER TABLE themes ADD COLUMN named_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE themes ADD COLUMN statements BIGINT NOT NULL DEFAULT 0;
-- The theme in which its statements count, where a person merged it.
ALTER TABLE themes ADD COLUMN into_id TEXT;
UPDATE themes SET named_at = people, statements = people;

-- Where the engine placed a statement; theme_id is what that and people's decisions come to.
ALTER TABLE feedback ADD COLUMN placed_id TEXT;
UPDATE feedback SET placed_id = theme_id WHERE theme_id IS NOT NULL;
CREATE INDEX feedback_placed ON feedback (placed_id) WHERE placed_id IS NOT NULL;
CREATE INDEX feedback_copies ON feedback (rollout_id, fingerprint) WHERE counts = 1;

-- What people decided about themes: rows are only ever added.
CREATE TABLE regroupings (
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  seq        BIGINT NOT NULL,
  what       TEXT NOT NULL,              -- merge, split, move or undo, as JSON
  who        TEXT NOT NULL,
  at_ms      BIGINT NOT NULL,
  PRIMARY KEY (rollout_id, seq)
);

-- How many statements there were when all of a rollout were last looked at together.
CREATE TABLE gatherings (
  rollout_id TEXT PRIMARY KEY REFERENCES rollouts (id),
  statements BIGINT NOT NULL,
  at_ms      BIGINT NOT NULL
);
