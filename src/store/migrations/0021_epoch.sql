-- A box that is enrolled anew begins an epoch with an entry, and seals anew what was sealed in the
-- one before and never acknowledged. Only with that entry may such batches go.
DROP TRIGGER batch_is_not_deleted;
CREATE TRIGGER batch_is_not_deleted BEFORE DELETE ON batch
WHEN OLD.receipt IS NOT NULL
  OR (SELECT kind FROM entry ORDER BY seq DESC LIMIT 1) IS NOT 'epoch'
BEGIN SELECT RAISE(ABORT, 'a batch is dropped only without a receipt, and when an epoch begins'); END;

CREATE INDEX entry_epoch ON entry (seq) WHERE kind = 'epoch';

-- Where the copy ended that the ledger was made from, until its next epoch begins.
CREATE TABLE copied (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;
