-- What a language model made of a summary, by what it was asked: the same question is not paid twice.
CREATE TABLE rephrased (
  subject     TEXT NOT NULL,             -- a theme's id
  fingerprint TEXT NOT NULL,             -- of the question
  rollout_id  TEXT NOT NULL REFERENCES rollouts (id),
  state       TEXT NOT NULL,             -- wanted, done, refused, replaced
  summary     TEXT,
  quotes      TEXT,                      -- statements and words, as JSON
  model       TEXT NOT NULL,
  reason      TEXT,                      -- why an answer was not taken, or none came
  attempts    INTEGER NOT NULL,
  due_ms      INTEGER NOT NULL,
  asked_ms    INTEGER,
  created_ms  INTEGER NOT NULL,
  PRIMARY KEY (subject, fingerprint)
) STRICT;
CREATE INDEX rephrased_due ON rephrased (due_ms) WHERE state = 'wanted';
CREATE INDEX rephrased_rollout ON rephrased (rollout_id);

-- Tokens that went to language models, by day since 1970, UTC.
CREATE TABLE spending (
  day    INTEGER PRIMARY KEY,
  tokens INTEGER NOT NULL,
  calls  INTEGER NOT NULL
) STRICT;
