-- The thresholds last taken from the gallery, so that the next start need not take them again.
-- One row at most; `told` says what they were taken from, `sealed` holds them under the box key.

CREATE TABLE calibration (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    told   BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
