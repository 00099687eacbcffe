-- The ledger. `body` holds the bytes that are hashed; `at` and `kind` repeat what the body says, so
-- that SQL can select by them, and are checked against it.
CREATE TABLE entry (
    seq  INTEGER PRIMARY KEY,
    at   TEXT NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    prev BLOB NOT NULL CHECK (length(prev) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Numbers rise by one and every entry names the hash before it. This also stops INSERT OR REPLACE,
-- which skips the DELETE trigger on a connection without recursive_triggers.
CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry)
  OR (NEW.seq > 1 AND NEW.prev IS NOT (SELECT hash FROM entry WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one'); END;

CREATE TRIGGER entry_is_not_edited BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never edited'); END;

CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
