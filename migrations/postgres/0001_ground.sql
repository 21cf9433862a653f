-- The same tables and columns stand in sqlite/. Times are milliseconds UTC (suffix _ms); ids are made by the program.

-- Facts about this installation: the secrets that it made for itself.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- Every received request, as bytes, with its outcome.
CREATE TABLE deliveries (
  id          TEXT PRIMARY KEY,
  source      TEXT NOT NULL,
  dedupe_key  TEXT NOT NULL,             -- the sender's own id of the delivery
  body_hash   TEXT NOT NULL,
  event       TEXT NOT NULL,
  headers     TEXT NOT NULL,
  body        BYTEA NOT NULL,
  received_ms BIGINT NOT NULL,
  state       TEXT NOT NULL,             -- waiting, done
  outcome     TEXT,                      -- applied, duplicate, ignored, failed
  detail      TEXT,
  attempts    BIGINT NOT NULL,
  due_ms      BIGINT NOT NULL,          -- a claim moves it: the lease and the back-off are one thing
  done_ms     BIGINT,
  UNIQUE (source, dedupe_key)
);
CREATE INDEX deliveries_due ON deliveries (due_ms) WHERE state = 'waiting';
CREATE INDEX deliveries_body ON deliveries (source, body_hash);
CREATE INDEX deliveries_received ON deliveries (source, received_ms);

-- Normalised facts: what rollouts are folded from.
CREATE TABLE signals (
  id          TEXT PRIMARY KEY,
  subject_key TEXT NOT NULL,
  tag_key     TEXT,                      -- joins deployments to the release of that tag
  fingerprint TEXT NOT NULL,
  kind        TEXT NOT NULL,
  received_ms BIGINT NOT NULL,
  delivery_id TEXT,
  payload     TEXT NOT NULL,
  UNIQUE (subject_key, fingerprint)
);
CREATE INDEX signals_tag ON signals (tag_key) WHERE tag_key IS NOT NULL;

CREATE TABLE rollouts (
  id            TEXT PRIMARY KEY,
  subject_key   TEXT NOT NULL,
  generation    BIGINT NOT NULL,
  label         TEXT NOT NULL,
  flag          TEXT,
  environment   TEXT,
  tag           TEXT,
  repo          TEXT,
  started_ms    BIGINT,
  created_ms    BIGINT NOT NULL,
  payload       TEXT NOT NULL,
  due_ms        BIGINT NOT NULL,        -- when it wants to be looked at again
  negative      BIGINT NOT NULL,        -- distinct people by their latest statement
  mixed         BIGINT NOT NULL,
  neutral       BIGINT NOT NULL,
  positive      BIGINT NOT NULL,
  anonymous     BIGINT NOT NULL,        -- of these, people whose sender did not say who they are
  items         BIGINT NOT NULL,        -- statements read, revisions included
  spam          BIGINT NOT NULL,
  first_said_ms BIGINT,
  last_said_ms  BIGINT,
  UNIQUE (subject_key, generation)
);
CREATE INDEX rollouts_due ON rollouts (due_ms);
CREATE INDEX rollouts_flag ON rollouts (flag) WHERE flag IS NOT NULL;
CREATE INDEX rollouts_tag ON rollouts (tag) WHERE tag IS NOT NULL;
CREATE INDEX rollouts_created ON rollouts (created_ms);

CREATE TABLE windows (
  rollout_id  TEXT PRIMARY KEY REFERENCES rollouts (id),
  state       TEXT NOT NULL,
  opened_ms   BIGINT,
  closes_ms   BIGINT NOT NULL,
  closed_ms   BIGINT,
  reopened_ms BIGINT,
  extended_ms BIGINT,
  seq         BIGINT NOT NULL
);
CREATE INDEX windows_state ON windows (state);

-- A window's history, each step with its cause and actor: the window is what they make of it.
CREATE TABLE transitions (
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  seq        BIGINT NOT NULL,
  from_state TEXT,
  to_state   TEXT NOT NULL,
  at_ms      BIGINT NOT NULL,
  cause      TEXT NOT NULL,
  actor      TEXT NOT NULL,
  closes_ms  BIGINT NOT NULL,
  PRIMARY KEY (rollout_id, seq)
);

CREATE TABLE themes (
  id             TEXT PRIMARY KEY,
  rollout_id     TEXT NOT NULL REFERENCES rollouts (id),
  name           TEXT NOT NULL,
  vector         TEXT NOT NULL,
  intents        TEXT NOT NULL,
  people         BIGINT NOT NULL,
  negative       BIGINT NOT NULL,
  mixed          BIGINT NOT NULL,
  neutral        BIGINT NOT NULL,
  positive       BIGINT NOT NULL,
  confidence_sum DOUBLE PRECISION NOT NULL,
  first_ms       BIGINT NOT NULL,
  last_ms        BIGINT NOT NULL
);
CREATE INDEX themes_rollout ON themes (rollout_id, people);

CREATE TABLE feedback (
  id                TEXT PRIMARY KEY,
  dedupe_key        TEXT NOT NULL UNIQUE,
  rollout_id        TEXT REFERENCES rollouts (id),
  attributed_by     TEXT NOT NULL,
  wanted_rollout    TEXT,
  wanted_flag       TEXT,
  wanted_release    TEXT,
  person            TEXT NOT NULL,       -- pseudonymous
  anonymous         BIGINT NOT NULL,
  text              TEXT,                -- redacted
  rating_value      DOUBLE PRECISION,
  rating_scale      DOUBLE PRECISION,
  variant           TEXT,
  attributes        TEXT NOT NULL,
  channel           TEXT NOT NULL,
  locale            TEXT,
  url               TEXT,
  metadata          TEXT,
  occurred_ms       BIGINT NOT NULL,
  received_ms       BIGINT NOT NULL,
  state             TEXT NOT NULL,       -- new, read
  counts            BIGINT NOT NULL,    -- 1 where it is the person's latest statement in the window
  theme_id          TEXT REFERENCES themes (id),
  language          TEXT,
  sentiment         TEXT,
  score             DOUBLE PRECISION,
  confidence        DOUBLE PRECISION,
  intent            TEXT,
  intent_confidence DOUBLE PRECISION,
  spam              BIGINT,
  fingerprint       BIGINT,
  engine            TEXT
);
CREATE INDEX feedback_new ON feedback (rollout_id, occurred_ms, id, received_ms) WHERE state = 'new';
CREATE UNIQUE INDEX feedback_voice ON feedback (rollout_id, person) WHERE counts = 1;
CREATE INDEX feedback_said ON feedback (rollout_id, occurred_ms);
CREATE INDEX feedback_theme ON feedback (theme_id, occurred_ms) WHERE theme_id IS NOT NULL;
CREATE INDEX feedback_loose ON feedback (received_ms) WHERE rollout_id IS NULL;

CREATE TABLE tickets (
  id           TEXT PRIMARY KEY,
  rollout_id   TEXT NOT NULL REFERENCES rollouts (id),
  subject      TEXT NOT NULL,            -- report, or a theme's id
  theme_id     TEXT REFERENCES themes (id),
  tracker      TEXT NOT NULL,
  target       TEXT NOT NULL,
  state        TEXT NOT NULL,            -- wanted, filed, dismissed, failed
  key          TEXT,
  url          TEXT,
  comment      TEXT,
  section_hash TEXT,
  quotes_hash  TEXT,
  written_ms   BIGINT,
  error        TEXT,
  created_ms   BIGINT NOT NULL,
  UNIQUE (rollout_id, subject, tracker)
);
CREATE INDEX tickets_filed ON tickets (written_ms) WHERE state = 'filed';

-- Planned effects on the outside world.
CREATE TABLE actions (
  id         TEXT PRIMARY KEY,
  dedupe_key TEXT NOT NULL UNIQUE,
  ticket_id  TEXT NOT NULL REFERENCES tickets (id),
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  kind       TEXT NOT NULL,              -- file, revise, quote
  payload    TEXT NOT NULL,
  scope      TEXT NOT NULL,              -- what a pause holds back: tracker and target
  state      TEXT NOT NULL,              -- waiting, done, failed, superseded
  attempts   BIGINT NOT NULL,
  due_ms     BIGINT NOT NULL,
  owner      TEXT,                       -- who holds the lease
  lease_ms   BIGINT NOT NULL,           -- until when
  sent_ms    BIGINT,                    -- when the latest request whose outcome is unknown began
  outcome    TEXT,
  error      TEXT,
  created_ms BIGINT NOT NULL,
  done_ms    BIGINT
);
CREATE INDEX actions_due ON actions (due_ms) WHERE state = 'waiting';
CREATE INDEX actions_scope ON actions (scope) WHERE state = 'waiting';
CREATE INDEX actions_ticket ON actions (ticket_id, kind) WHERE state = 'waiting';

-- Scopes that were asked to wait: a rate limit, a suspended installation.
CREATE TABLE pauses (
  scope    TEXT PRIMARY KEY,
  until_ms BIGINT NOT NULL,
  reason   TEXT NOT NULL
);

-- Why hearback did, or did not do, something.
CREATE TABLE decisions (
  id         TEXT PRIMARY KEY,
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  subject    TEXT NOT NULL,
  verdict    TEXT NOT NULL,
  why        TEXT NOT NULL,
  evidence   TEXT NOT NULL,
  at_ms      BIGINT NOT NULL
);
CREATE INDEX decisions_rollout ON decisions (rollout_id, subject, at_ms);

CREATE TABLE keys (
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,              -- public, secret
  hash       TEXT NOT NULL UNIQUE,       -- SHA-256 of the key
  hint       TEXT NOT NULL,              -- its first characters, for people
  origins    TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  revoked_ms BIGINT
);

-- Answers kept for repeated requests.
CREATE TABLE idempotency (
  scope       TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  answer      TEXT NOT NULL,
  created_ms  BIGINT NOT NULL,
  PRIMARY KEY (scope, key)
);

-- How far schedules got, and who may run them.
CREATE TABLE schedules (
  name     TEXT PRIMARY KEY,
  owner    TEXT,
  due_ms   BIGINT NOT NULL,
  cursor   TEXT,
  note     TEXT
);

-- What is known of the App's installations.
CREATE TABLE installations (
  id         BIGINT PRIMARY KEY,
  account    TEXT NOT NULL,
  state      TEXT NOT NULL,              -- active, suspended, deleted
  changed_ms BIGINT NOT NULL
);
