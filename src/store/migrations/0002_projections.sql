-- What the entries amount to now. Everything here can be rebuilt from `entry`, and verification
-- does so. Times and dates are text at UTC+8.

-- Subsidised meals that stand. The key is the daily slot: one a day for each elder.
CREATE TABLE meal (
    elder        TEXT NOT NULL,
    date         TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    window       TEXT NOT NULL,
    method       TEXT NOT NULL,
    city_fen     INTEGER NOT NULL,
    district_fen INTEGER NOT NULL,
    PRIMARY KEY (elder, date)
) STRICT, WITHOUT ROWID;

-- Visits without subsidy that stand.
CREATE TABLE visit (
    elder  TEXT NOT NULL,
    date   TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    window TEXT NOT NULL,
    method TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (elder, date, seq)
) STRICT, WITHOUT ROWID;

-- People whom the camera could not settle.
CREATE TABLE review (
    seq    INTEGER PRIMARY KEY,
    date   TEXT NOT NULL,
    window TEXT NOT NULL
) STRICT;

-- The gallery in force; at most one row.
CREATE TABLE gallery (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    elders     INTEGER NOT NULL,
    templates  INTEGER NOT NULL,
    model      BLOB NOT NULL
) STRICT;
