-- What the box knows of the city's gallery, and where it has got to with the city.

-- The city's gallery in force: its generation, and the cursor after which changes are asked for.
-- No row where the gallery in force did not come from the city.
CREATE TABLE city_gallery (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    cursor     TEXT NOT NULL
) STRICT;

-- Pages on their way into force: what was read last. whole: they began from nothing, so that
-- whoever is not on them is not in the gallery any more.
CREATE TABLE staged_pages (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    cursor     TEXT NOT NULL,
    pages      INTEGER NOT NULL,
    whole      INTEGER NOT NULL,
    model      BLOB NOT NULL
) STRICT;

-- Elders of those pages, sealed as they will be in force; see 0003_gallery.sql.
CREATE TABLE staged_elder (
    id       TEXT PRIMARY KEY,
    identity BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staged_elder_key (
    elder       TEXT NOT NULL REFERENCES staged_elder (id) ON DELETE CASCADE,
    purpose     TEXT NOT NULL CHECK (purpose IN ('face', 'identity')),
    key_version INTEGER NOT NULL,
    wrapped     BLOB NOT NULL,
    PRIMARY KEY (elder, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE staged_template (
    elder  TEXT NOT NULL REFERENCES staged_elder (id) ON DELETE CASCADE,
    place  INTEGER NOT NULL,
    model  BLOB NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (elder, place)
) STRICT, WITHOUT ROWID;

-- Elders whom those pages take out: 'withdrawn' (the face alone), 'deceased', 'moved'.
CREATE TABLE staged_leaver (
    elder TEXT PRIMARY KEY,
    why   TEXT NOT NULL CHECK (why IN ('withdrawn', 'deceased', 'moved')),
    since TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Marks that only move on: 'verdicts' (the city's number of the last one that was taken in) and
-- 'night' (when all of a night's work was done last, in seconds since 1970).
CREATE TABLE city_mark (
    what  TEXT PRIMARY KEY CHECK (what IN ('verdicts', 'night')),
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
