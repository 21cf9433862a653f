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
  changed_ms  BIGINT NOT NULL
);
CREATE INDEX flags_platform ON flags (platform, project);
CREATE INDEX flags_flag ON flags (flag);

-- Releases and merged pull requests, each with what was last written in it.
CREATE TABLE mentions (
  origin         TEXT NOT NULL,          -- the platform and repository, whatever that is called
  kind           TEXT NOT NULL,          -- release, pull
  id             TEXT NOT NULL,          -- the platform's id, or the number
  repo           TEXT NOT NULL,
  key            TEXT NOT NULL,          -- the tag, or the number
  title          TEXT NOT NULL,
  url            TEXT,
  at_ms          BIGINT NOT NULL,        -- published or merged
  written_ms     BIGINT NOT NULL,        -- an older text does not replace a newer one
  files_due_ms   BIGINT,                 -- when its files are asked for; none where that is done
  files_attempts BIGINT NOT NULL,
  PRIMARY KEY (origin, kind, id)
);
CREATE INDEX mentions_files ON mentions (files_due_ms) WHERE files_due_ms IS NOT NULL;

-- What they may name: it counts where there is a flag of exactly that key.
CREATE TABLE mentioned_flags (
  flag   TEXT NOT NULL,
  origin TEXT NOT NULL,
  kind   TEXT NOT NULL,
  id     TEXT NOT NULL,
  via    TEXT NOT NULL,                  -- text, files
  PRIMARY KEY (flag, origin, kind, id, via)
);
CREATE INDEX mentioned_flags_of ON mentioned_flags (origin, kind, id);

-- What was turned away at the door: how often, when last, and why. A source writes at most once a minute.
CREATE TABLE refusals (
  source     TEXT PRIMARY KEY,
  times      BIGINT NOT NULL,
  last_ms    BIGINT NOT NULL,
  why        TEXT NOT NULL
);
