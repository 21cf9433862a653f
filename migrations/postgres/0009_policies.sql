-- What each repository says in its .github/hearback.yml, and when it is asked again.
CREATE TABLE policies (
  repo       TEXT PRIMARY KEY,           -- owner/name in lower case
  name       TEXT NOT NULL,              -- as GitHub writes it
  text       TEXT,                       -- the file in force; none where there is none
  policy     TEXT,                       -- what it says, as JSON
  sha        TEXT,                       -- the content's own
  since_ms   BIGINT,                    -- in force since
  etag       TEXT,                       -- of what was read last
  read_sha   TEXT,                       -- of what was read last, good or faulty
  faults     TEXT,                       -- of what was read last, as JSON; none where it is in force
  read_ms    BIGINT,                    -- when it was read last
  check_sha  TEXT,                       -- the commit on which a check run waits to be told
  due_ms     BIGINT NOT NULL,
  attempts   BIGINT NOT NULL,
  problem    TEXT                        -- why the last attempt came to nothing
);
CREATE INDEX policies_due ON policies (due_ms);

-- Pull requests that may propose another policy, each with its latest commit.
CREATE TABLE policy_pulls (
  repo       TEXT NOT NULL,
  number     TEXT NOT NULL,
  name       TEXT NOT NULL,
  sha        TEXT NOT NULL,
  due_ms     BIGINT NOT NULL,
  attempts   BIGINT NOT NULL,
  PRIMARY KEY (repo, number)
);
CREATE INDEX policy_pulls_due ON policy_pulls (due_ms);

-- The latest commit of each merged pull request: there stands how it was received.
CREATE TABLE pull_heads (
  origin TEXT NOT NULL,
  number TEXT NOT NULL,
  repo   TEXT NOT NULL,
  sha    TEXT NOT NULL,
  PRIMARY KEY (origin, number)
);
