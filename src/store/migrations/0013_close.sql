-- The last month whose settlement was handed in, with all before it, by entry seq; at most one row.
-- Like the tables of 0002 it follows from the entries.
CREATE TABLE closed (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    month TEXT NOT NULL,
    seq   INTEGER NOT NULL
) STRICT;
