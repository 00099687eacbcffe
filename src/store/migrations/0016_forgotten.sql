-- Elders whose face was forgotten on this box, until the city has heard of it: whatever face it
-- still sends is not kept. The city's own tombstone takes an elder off this list, and from then on a
-- new consent counts.
CREATE TABLE forgotten (
    elder TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
