-- Pages under way are gathered anew, so what an older program gathered is dropped.
DELETE FROM staged_elder;
DELETE FROM staged_pages;
DROP TABLE staged_leaver;

-- An elder may be taken out for more than one reason.
CREATE TABLE staged_leaver (
    elder TEXT NOT NULL,
    why   TEXT NOT NULL CHECK (why IN ('withdrawn', 'deceased', 'moved')),
    since TEXT NOT NULL,
    PRIMARY KEY (elder, why)
) STRICT, WITHOUT ROWID;

-- Elders whose row does not hold: the one in force stays.
CREATE TABLE staged_kept (elder TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
