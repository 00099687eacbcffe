-- What the entries amount to now. Everything here can be rebuilt from `entry`, and verification
-- does so. Times and dates are text at UTC+8; seq and entry are numbers of entries.

-- Subsidised meals that stand. The key is the daily slot: one a day for each elder. A meal written
-- under an untrusted clock holds a slot of its own, of that start of the machine, until it is
-- confirmed; boot is empty for all others. pending (待核): not to be settled yet.
CREATE TABLE meal (
    elder        TEXT NOT NULL,
    date         TEXT NOT NULL,
    boot         TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    window       TEXT NOT NULL,
    method       TEXT NOT NULL,
    city_fen     INTEGER NOT NULL,
    district_fen INTEGER NOT NULL,
    pending      INTEGER NOT NULL,
    PRIMARY KEY (elder, date, boot)
) STRICT, WITHOUT ROWID;

-- Visits without subsidy that stand. boot is not empty while the date is not confirmed.
CREATE TABLE visit (
    elder  TEXT NOT NULL,
    date   TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    boot   TEXT NOT NULL,
    window TEXT NOT NULL,
    method TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (elder, date, seq)
) STRICT, WITHOUT ROWID;

-- People whom the camera could not settle. state: 'open', 'settled', 'expired' (a visit without
-- subsidy, of nobody by name), 'void' (expired, and undone).
CREATE TABLE review (
    seq    INTEGER PRIMARY KEY,
    date   TEXT NOT NULL,
    window TEXT NOT NULL,
    state  TEXT NOT NULL
) STRICT;

-- The city's verdict that counts for a meal.
CREATE TABLE verdict (
    entry    INTEGER PRIMARY KEY,
    seq      INTEGER NOT NULL,
    accepted INTEGER NOT NULL
) STRICT;

-- The adjustment that counts for a meal: what is taken off, and in which month's settlement.
CREATE TABLE adjustment (
    entry        INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    city_fen     INTEGER NOT NULL,
    district_fen INTEGER NOT NULL,
    month        TEXT NOT NULL
) STRICT;

-- Whether the clock is believed since entry `since`, on which start of the machine, and the last
-- trusted time before that; one row.
CREATE TABLE clock (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    since   INTEGER NOT NULL,
    trusted INTEGER NOT NULL,
    boot    TEXT NOT NULL,
    high    TEXT NOT NULL
) STRICT;

-- Operators who are signed in.
CREATE TABLE shift (
    operator TEXT PRIMARY KEY,
    seq      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys in use, by their fingerprints.
CREATE TABLE key_in_use (
    purpose     TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The configuration in force; at most one row.
CREATE TABLE config (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    config BLOB NOT NULL,
    rules  BLOB NOT NULL
) STRICT;

-- The gallery in force; at most one row.
CREATE TABLE gallery (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    elders     INTEGER NOT NULL,
    templates  INTEGER NOT NULL,
    model      BLOB NOT NULL,
    as_of      TEXT NOT NULL
) STRICT;
