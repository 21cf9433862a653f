-- What redaction took out of a statement, sealed with a key that is not in the database. It goes with its statement.
CREATE TABLE sealed (
  feedback_id TEXT PRIMARY KEY REFERENCES feedback (id) ON DELETE CASCADE,
  key_id      TEXT NOT NULL,
  sealed      BLOB NOT NULL,
  sealed_ms   INTEGER NOT NULL
) STRICT;

-- Who looked at what was sealed, when and why. It stays when the statement goes: nothing of it is in here.
CREATE TABLE reveals (
  id          TEXT PRIMARY KEY,
  feedback_id TEXT NOT NULL,
  key_id      TEXT NOT NULL,
  who         TEXT NOT NULL,
  why         TEXT NOT NULL,
  at_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX reveals_feedback ON reveals (feedback_id, at_ms);
