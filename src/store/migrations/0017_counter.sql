-- Operators who may sign in at the screen. pin is a PHC string; failures are wrong PINs in a row,
-- and before not_before (time at UTC+8, empty for never) no further attempt is looked at.
CREATE TABLE operator (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    pin        TEXT NOT NULL,
    disabled   INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    not_before TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Taps on the screen that wrote entries, by the key that the page drew for them: one that comes
-- again, even after a restart, writes nothing. The oldest are dropped.
CREATE TABLE tap (
    last  INTEGER PRIMARY KEY,
    key   TEXT NOT NULL UNIQUE
) STRICT;

-- Cards by a keyed digest of what they say; see store::cards.
CREATE TABLE card (
    mac   BLOB PRIMARY KEY CHECK (length(mac) = 32),
    elder TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX card_of_elder ON card (elder);
