-- Names of events and segments; rows and counters hold their numbers, which are made from the names.
CREATE TABLE words (
  id   BIGINT PRIMARY KEY,
  word TEXT NOT NULL
);

-- What is kept of a person: what they did lately, whatever rollout it turns out to belong to, and their first moments in
-- each rollout in which they take part. It is one row, so that what somebody does changes one page, and it has no second
-- index, because each write would pay for it. Nothing in it grows beyond a month.
CREATE TABLE people (
  person TEXT PRIMARY KEY,
  state  BYTEA NOT NULL,
  day    BIGINT                         -- of the latest change, since 1970, UTC; none where nothing is kept beside rollouts
);

-- Who takes part in a rollout. These are the most rows there are; they name their rollout without a foreign key, whose look-up
-- and lock each write would pay for.
CREATE TABLE participants (
  rollout_id TEXT NOT NULL,
  person     TEXT NOT NULL,
  PRIMARY KEY (rollout_id, person)
);

-- Sums over people. What is counted of a rollout is read from here alone.
CREATE TABLE usage_cells (
  rollout_id TEXT NOT NULL,
  key        TEXT NOT NULL,
  n          BIGINT NOT NULL,
  PRIMARY KEY (rollout_id, key)
);

-- What the counters of a rollout rest on: when its epochs begin, which events are told apart, which models read.
CREATE TABLE registers (
  rollout_id TEXT PRIMARY KEY,
  register   TEXT NOT NULL
);

-- Exposures that name what is not known yet: it may be about to come.
CREATE TABLE waiting_exposures (
  wanted      TEXT NOT NULL,             -- flag:KEY, release:TAG or rollout:ID
  person      TEXT NOT NULL,
  arm         TEXT NOT NULL,
  at_ms       BIGINT NOT NULL,
  environment TEXT NOT NULL DEFAULT '',  -- empty where none is told
  received_ms BIGINT NOT NULL,
  PRIMARY KEY (wanted, person, arm, environment)
);
CREATE INDEX waiting_exposures_received ON waiting_exposures (received_ms);

-- What people say on a day, of any rollout or none: one statement of a person, the first.
CREATE TABLE baseline_cells (
  day     BIGINT NOT NULL,              -- since 1970, UTC
  segment TEXT NOT NULL,
  channel TEXT NOT NULL,
  n       BIGINT NOT NULL,              -- read surely
  neg     BIGINT NOT NULL,
  pos     BIGINT NOT NULL,
  PRIMARY KEY (day, segment, channel)
);

-- What a statement counts in the baseline; none where another one of its person counts on that day.
ALTER TABLE feedback ADD COLUMN baseline TEXT;
CREATE INDEX feedback_person ON feedback (person, occurred_ms);

-- Numbers of the service itself, by the hour.
CREATE TABLE metric_hours (
  rollout_id TEXT NOT NULL,
  metric     TEXT NOT NULL,
  hour_ms    BIGINT NOT NULL,
  sum        DOUBLE PRECISION NOT NULL,
  n          BIGINT NOT NULL,
  PRIMARY KEY (rollout_id, metric, hour_ms)
);

-- How loud each alarm of a rollout is, and whether anybody has heard it.
CREATE TABLE alarms (
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  subject    TEXT NOT NULL,              -- rollout, theme:ID, event:NAME, segment:NAME
  state      TEXT NOT NULL,              -- what the next look goes on from, as JSON
  ln_e       DOUBLE PRECISION NOT NULL,              -- evidence, as a logarithm: itself it would overflow
  grade      TEXT NOT NULL,
  raised_ms  BIGINT,                    -- since when it is latched
  acked_ms   BIGINT,
  changed_ms BIGINT NOT NULL,
  PRIMARY KEY (rollout_id, subject)
);

-- What the figures of a rollout say. One of a kind about a subject: a newer one takes its place.
CREATE TABLE findings (
  id         TEXT PRIMARY KEY,
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  grade      TEXT NOT NULL,
  body       TEXT NOT NULL,
  hash       TEXT NOT NULL,
  at_ms      BIGINT NOT NULL,
  UNIQUE (rollout_id, kind, subject)
);

-- Whether a public key may tell what people do, too.
ALTER TABLE keys ADD COLUMN events BIGINT NOT NULL DEFAULT 0;

-- Distinct people of a theme by when they spoke, as JSON: quarters of a day since 1970.
ALTER TABLE themes ADD COLUMN quarters TEXT NOT NULL DEFAULT '{}';
