-- What else was read in a statement: all intents, aspects, whether the engine is sure (JSON).
ALTER TABLE feedback ADD COLUMN details TEXT;

-- What people said of readings that were wrong; the last word on a statement stands.
CREATE TABLE corrections (
  feedback_id TEXT PRIMARY KEY REFERENCES feedback (id) ON DELETE CASCADE,
  sentiment   TEXT,
  intents     TEXT,                      -- joined by +, the main one first
  spam        INTEGER,
  who         TEXT NOT NULL,
  at_ms       INTEGER NOT NULL
) STRICT;
