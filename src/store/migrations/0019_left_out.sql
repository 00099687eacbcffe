-- Rows of the city's gallery that do not hold, by a keyed digest of the id that they state: what was
-- known of that elder before stands until another row or a tombstone comes.
CREATE TABLE left_out (
    mark BLOB PRIMARY KEY CHECK (length(mark) = 32)
) STRICT, WITHOUT ROWID;
