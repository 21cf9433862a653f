-- What people answered to a ticket that would be filed.
CREATE TABLE suggestion_answers (
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  theme_id   TEXT NOT NULL REFERENCES themes (id) ON DELETE CASCADE,
  said       TEXT NOT NULL,              -- yes, no, taken_back
  actor      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  people     INTEGER NOT NULL,           -- distinct people in the theme when it was said
  at_ms      INTEGER NOT NULL,
  PRIMARY KEY (rollout_id, theme_id)
) STRICT;

-- Boxes that somebody ticked or unticked in a report, until it is known whether that person may.
CREATE TABLE suggestion_ticks (
  id         TEXT PRIMARY KEY,
  rollout_id TEXT NOT NULL REFERENCES rollouts (id),
  theme_id   TEXT NOT NULL,
  repo       TEXT NOT NULL,
  actor      TEXT NOT NULL,
  ticked     INTEGER NOT NULL,
  at_ms      INTEGER NOT NULL,           -- when, by the tracker's clock
  attempts   INTEGER NOT NULL,
  due_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX suggestion_ticks_due ON suggestion_ticks (due_ms);

-- What was found of people's own issues when a ticket was about to be filed.
CREATE TABLE existing_issues (
  ticket_id TEXT PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
  linked    INTEGER NOT NULL,            -- 1 where the ticket is somebody's own issue
  related   TEXT NOT NULL,               -- issues that its text names, as JSON
  comment   TEXT                         -- the tracker's id of the comment that holds the section, where it is linked
) STRICT;

-- Issues that people wrote, as a tracker listed them a moment ago.
CREATE TABLE issue_listings (
  tracker TEXT NOT NULL,
  target  TEXT NOT NULL,
  issues  TEXT NOT NULL,
  at_ms   INTEGER NOT NULL,
  PRIMARY KEY (tracker, target)
) STRICT;
