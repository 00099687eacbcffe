-- Elders, their keys and their templates. Everything personal is sealed; see store::vault.

CREATE TABLE elder (
    id       TEXT PRIMARY KEY,
    identity BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- An elder's own keys, wrapped by the box key. purpose is 'face' or 'identity'.
CREATE TABLE elder_key (
    elder       TEXT NOT NULL REFERENCES elder (id) ON DELETE CASCADE,
    purpose     TEXT NOT NULL CHECK (purpose IN ('face', 'identity')),
    key_version INTEGER NOT NULL,
    wrapped     BLOB NOT NULL,
    PRIMARY KEY (elder, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE template (
    elder  TEXT NOT NULL REFERENCES elder (id) ON DELETE CASCADE,
    place  INTEGER NOT NULL,
    model  BLOB NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (elder, place)
) STRICT, WITHOUT ROWID;
