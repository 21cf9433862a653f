-- What hearback has on GitHub that is no ticket: an answer in a thread, a reaction, a check run.
CREATE TABLE posts (
  id           TEXT PRIMARY KEY,
  dedupe_key   TEXT NOT NULL UNIQUE,     -- one place, one post: answer:owner/repo#12
  kind         TEXT NOT NULL,            -- comment, reaction, check_run
  repo         TEXT NOT NULL,
  place        TEXT NOT NULL,            -- the thread's number, what is reacted to, the commit
  scope        TEXT NOT NULL,            -- what a pause holds back
  rollout_id   TEXT,
  payload      TEXT NOT NULL,            -- what it should say, as JSON
  wanted_hash  TEXT NOT NULL,
  written_hash TEXT,
  remote_id    TEXT,
  state        TEXT NOT NULL,            -- waiting, done, failed
  attempts     INTEGER NOT NULL,
  due_ms       INTEGER NOT NULL,
  owner        TEXT,                     -- who holds the lease
  lease_ms     INTEGER NOT NULL,         -- until when
  sent_ms      INTEGER,                  -- when the latest request whose outcome is unknown began
  written_ms   INTEGER,
  error        TEXT,
  created_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX posts_due ON posts (due_ms) WHERE state = 'waiting';
CREATE INDEX posts_scope ON posts (scope) WHERE state = 'waiting';

-- What people wrote: which version of each comment was heard last.
CREATE TABLE comments (
  key        TEXT PRIMARY KEY,
  changed_ms INTEGER NOT NULL,
  deleted    INTEGER NOT NULL
) STRICT;

-- Commands that people gave, each once.
CREATE TABLE commands (
  id          TEXT PRIMARY KEY,
  comment_key TEXT NOT NULL,
  line_hash   TEXT NOT NULL,
  thread      TEXT NOT NULL,             -- owner/repo#12
  author      TEXT NOT NULL,
  payload     TEXT NOT NULL,             -- the line and the comment around it, as JSON
  state       TEXT NOT NULL,             -- waiting, done
  outcome     TEXT,                      -- done, refused, unclear, failed
  answer      TEXT,                      -- what was said to it, as JSON
  rollout_id  TEXT,
  attempts    INTEGER NOT NULL,
  due_ms      INTEGER NOT NULL,          -- a claim moves it: the lease and the back-off are one thing
  created_ms  INTEGER NOT NULL,
  done_ms     INTEGER,
  UNIQUE (comment_key, line_hash)
) STRICT;
CREATE INDEX commands_due ON commands (due_ms) WHERE state = 'waiting';
CREATE INDEX commands_thread ON commands (thread, created_ms);

-- What somebody may in a repository, as GitHub said it a moment ago.
CREATE TABLE permissions (
  repo     TEXT NOT NULL,
  login    TEXT NOT NULL,
  role     TEXT NOT NULL,                -- admin, maintain, write, triage, read, none
  asked_ms INTEGER NOT NULL,
  PRIMARY KEY (repo, login)
) STRICT;

-- Themes that people want to hear nothing new of.
CREATE TABLE mutes (
  theme_id TEXT PRIMARY KEY REFERENCES themes (id) ON DELETE CASCADE,
  until_ms INTEGER NOT NULL,
  who      TEXT NOT NULL
) STRICT;

-- A statement that was taken back says nothing and counts nowhere.
ALTER TABLE feedback ADD COLUMN retracted_ms INTEGER;
