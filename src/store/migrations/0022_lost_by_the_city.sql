-- A city that goes back to a copy of its own has lost what it acknowledged after that. When the box is
-- enrolled anew, batches beyond what the city holds go with their receipts, and are sealed anew.
DROP TRIGGER batch_is_not_deleted;
CREATE TRIGGER batch_is_not_deleted BEFORE DELETE ON batch
WHEN (SELECT kind FROM entry ORDER BY seq DESC LIMIT 1) IS NOT 'epoch'
  OR (OLD.receipt IS NOT NULL AND OLD.last <= (
      SELECT coalesce(json_extract(CAST(body AS TEXT), '$.held_last'), 0)
      FROM entry ORDER BY seq DESC LIMIT 1))
BEGIN SELECT RAISE(ABORT, 'a batch is dropped only when an epoch begins, and not where the city holds it'); END;
