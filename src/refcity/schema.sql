-- The reference city's memory. Everything is text or bytes as it came; times are text at UTC+8.

-- epoch: how often the device was enrolled by a new code; only in the last one does anything come.
CREATE TABLE device (
    id          TEXT PRIMARY KEY,
    epoch       INTEGER NOT NULL,
    key         TEXT NOT NULL,
    key_id      TEXT NOT NULL UNIQUE,
    enrolled_at TEXT NOT NULL,
    enrolment   BLOB NOT NULL
) STRICT;

-- The chain of an epoch is that of its trunk, an earlier one, up to the last entry that both share,
-- and then its own. 0 for a chain that begins by itself. parted: it has an entry of its own, so that
-- where it left the other is settled.
CREATE TABLE epoch (
    device   TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    began_at TEXT NOT NULL,
    key_id   TEXT NOT NULL,
    trunk    INTEGER NOT NULL DEFAULT 0,
    shared   INTEGER NOT NULL DEFAULT 0,
    parted   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, epoch)
) STRICT, WITHOUT ROWID;

-- The key that a device has offered for the time after. after: the entry that puts it in force,
-- once that has come; batches that begin later are signed by it.
CREATE TABLE next_key (
    device TEXT PRIMARY KEY,
    key    TEXT NOT NULL,
    key_id TEXT NOT NULL UNIQUE,
    after  INTEGER
) STRICT;

-- Keys that are followed by another: of their epoch, batches up to the one with entry "until" are
-- signed by it.
CREATE TABLE old_key (
    device TEXT NOT NULL,
    epoch  INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    key    TEXT NOT NULL,
    key_id TEXT NOT NULL,
    PRIMARY KEY (device, epoch, until)
) STRICT, WITHOUT ROWID;
CREATE INDEX old_key_by_id ON old_key (key_id);

-- How the city's own key was followed by another, step by step; statement is the envelope that says
-- so, signed by the key before. Keys by their ids.
CREATE TABLE own_key (
    step      INTEGER PRIMARY KEY,
    before    TEXT NOT NULL UNIQUE,
    key_id    TEXT NOT NULL UNIQUE,
    statement BLOB NOT NULL
) STRICT;

CREATE TABLE code (
    device TEXT PRIMARY KEY,
    code   TEXT NOT NULL
) STRICT;

-- Nonces of the last months, so that a recorded request is told from a clock that is wrong.
CREATE TABLE nonce (
    key_id  TEXT NOT NULL,
    nonce   TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_by_age ON nonce (created);

CREATE TABLE batch (
    device         TEXT NOT NULL REFERENCES device (id),
    epoch          INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    last           INTEGER NOT NULL,
    head           BLOB NOT NULL,
    payload_sha256 BLOB NOT NULL,
    envelope       BLOB NOT NULL,
    receipt        BLOB NOT NULL,
    received_at    TEXT NOT NULL,
    PRIMARY KEY (device, epoch, seq)
) STRICT;

-- Each entry once, with the epoch that brought it; later ones may share it.
CREATE TABLE entry (
    device TEXT NOT NULL,
    n      INTEGER NOT NULL,
    epoch  INTEGER NOT NULL,
    body   BLOB NOT NULL,
    hash   BLOB NOT NULL,
    PRIMARY KEY (device, n, epoch)
) STRICT;

-- Subsidised meals as the boxes claim them.
CREATE TABLE claim (
    device       TEXT NOT NULL,
    epoch        INTEGER NOT NULL,
    n            INTEGER NOT NULL,
    elder        TEXT NOT NULL,
    date         TEXT NOT NULL,
    at           TEXT NOT NULL,
    trusted      INTEGER NOT NULL,
    firm         INTEGER NOT NULL,
    -- Undone, or worth nothing after all.
    gone         INTEGER NOT NULL DEFAULT 0,
    -- The entry that says so, and the epoch that brought it.
    gone_epoch   INTEGER,
    gone_n       INTEGER,
    city_fen     INTEGER NOT NULL,
    district_fen INTEGER NOT NULL,
    -- What was taken off later.
    city_off_fen     INTEGER NOT NULL DEFAULT 0,
    district_off_fen INTEGER NOT NULL DEFAULT 0,
    -- The verdict that stands, and what it says.
    verdict      INTEGER,
    rejected_for TEXT,
    PRIMARY KEY (device, epoch, n)
) STRICT;
-- By date first: what comes in one night then lies together.
CREATE INDEX claim_slot ON claim (date, elder);

CREATE TABLE verdict (
    id     INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    json   TEXT NOT NULL
) STRICT;
CREATE INDEX verdict_device ON verdict (device, id);

-- What somebody in the city has to look at: gaps, conflicts, replays, epochs that are over.
CREATE TABLE alarm (
    device   TEXT NOT NULL,
    what     TEXT NOT NULL,
    first_at TEXT NOT NULL,
    last_at  TEXT NOT NULL,
    times    INTEGER NOT NULL,
    PRIMARY KEY (device, what)
) STRICT, WITHOUT ROWID;

-- Elders as they are now, each with the number of its last change; json is a row of a gallery
-- page, or a tombstone.
CREATE TABLE elder (
    id         TEXT PRIMARY KEY,
    change     INTEGER NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    -- The row as it is now: of whoever is taken out without a face, and none where there never was one.
    json       TEXT,
    -- Why and since when they are taken out.
    tombstone  TEXT
) STRICT;

-- The generations of the gallery: the last change of each, and a random name. A cursor carries the name, so
-- that one of changes that the city has lost is noticed when it has made others under the same numbers.
CREATE TABLE generation (
    number INTEGER PRIMARY KEY,
    last   INTEGER NOT NULL,
    token  TEXT NOT NULL
) STRICT;
CREATE INDEX generation_last ON generation (last);

-- Names this city's cursors, so that those of another one are noticed; and the key under which cards
-- are digests on the gallery's pages.
CREATE TABLE city (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    cursor TEXT NOT NULL,
    card_key BLOB NOT NULL
) STRICT;
