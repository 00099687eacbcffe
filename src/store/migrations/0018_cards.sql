-- A card that the city gives to two elders counts for neither, until it says whose it is; so both
-- claims are kept.
CREATE TABLE card_claim (
    mac   BLOB NOT NULL CHECK (length(mac) = 32),
    elder TEXT NOT NULL,
    PRIMARY KEY (mac, elder)
) STRICT, WITHOUT ROWID;
INSERT INTO card_claim SELECT mac, elder FROM card;
DROP TABLE card;
ALTER TABLE card_claim RENAME TO card;
CREATE INDEX card_of_elder ON card (elder);

-- The card key that the city shares with its boxes, sealed: that of the gallery in force, and that
-- of the pages on their way.
CREATE TABLE city_card_key (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE staged_card_key (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
) STRICT;

-- Elders on those pages of whom the city says which cards they hold, if only that they hold none.
CREATE TABLE staged_holder (
    elder TEXT PRIMARY KEY REFERENCES staged_elder (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE staged_card (
    mac   BLOB NOT NULL CHECK (length(mac) = 32),
    elder TEXT NOT NULL REFERENCES staged_holder (elder) ON DELETE CASCADE,
    PRIMARY KEY (elder, mac)
) STRICT, WITHOUT ROWID;
