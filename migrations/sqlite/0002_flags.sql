-- How a delivery was proved: signed, shared (its sender knows a secret), asked (its platform told it when asked).
ALTER TABLE deliveries ADD COLUMN proof TEXT NOT NULL DEFAULT 'signed';
-- The last part of the path, where a source has several senders.
ALTER TABLE deliveries ADD COLUMN connection TEXT;

-- What is known of each flag in each environment.
CREATE TABLE flags (
  subject_key TEXT PRIMARY KEY,
  platform    TEXT NOT NULL,
  project     TEXT NOT NULL,
  environment TEXT NOT NULL,
  flag        TEXT NOT NULL,
  state       TEXT NOT NULL,
  changed_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX flags_platform ON flags (platform, project);
CREATE INDEX flags_flag ON flags (flag);

-- Releases and pull requests that name a flag.
CREATE TABLE mentions (
  flag       TEXT NOT NULL,
  repo       TEXT NOT NULL,
  kind       TEXT NOT NULL,              -- release, pull
  key        TEXT NOT NULL,              -- the tag, or the number
  title      TEXT NOT NULL,
  url        TEXT NOT NULL,
  at_ms      INTEGER NOT NULL,
  PRIMARY KEY (flag, repo, kind, key)
) STRICT;

-- What was turned away at the door: how often, when last, and why. A source writes at most once a minute.
CREATE TABLE refusals (
  source     TEXT PRIMARY KEY,
  times      INTEGER NOT NULL,
  last_ms    INTEGER NOT NULL,
  why        TEXT NOT NULL
) STRICT;
