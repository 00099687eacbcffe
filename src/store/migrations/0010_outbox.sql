-- Batches for the city. A batch is sealed once, before it is first sent, and stays as it is; the
-- receipt is added when it has come. What has been acknowledged follows from the receipts.
CREATE TABLE batch (
    seq            INTEGER PRIMARY KEY,
    first          INTEGER NOT NULL,
    last           INTEGER NOT NULL CHECK (last >= first),
    payload_sha256 BLOB NOT NULL CHECK (length(payload_sha256) = 32),
    root           BLOB NOT NULL CHECK (length(root) = 32),
    envelope       BLOB NOT NULL,
    receipt        BLOB
) STRICT;

CREATE TRIGGER batch_follows BEFORE INSERT ON batch
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM batch)
  OR NEW.first IS NOT (SELECT coalesce(max(last), 0) + 1 FROM batch)
  OR NEW.last > (SELECT coalesce(max(seq), 0) FROM entry)
  OR NEW.receipt IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a batch must follow the last one'); END;

CREATE TRIGGER batch_gains_a_receipt_once BEFORE UPDATE ON batch
WHEN OLD.receipt IS NOT NULL OR NEW.receipt IS NULL
  OR NEW.seq IS NOT OLD.seq OR NEW.first IS NOT OLD.first OR NEW.last IS NOT OLD.last
  OR NEW.payload_sha256 IS NOT OLD.payload_sha256 OR NEW.root IS NOT OLD.root
  OR NEW.envelope IS NOT OLD.envelope
  OR EXISTS (SELECT 1 FROM batch WHERE seq < OLD.seq AND receipt IS NULL)
BEGIN SELECT RAISE(ABORT, 'a batch gains its receipt, once and in order, and nothing else'); END;

CREATE TRIGGER batch_is_not_deleted BEFORE DELETE ON batch
BEGIN SELECT RAISE(ABORT, 'batches are never deleted'); END;
