-- A backlog of many batches is asked for its first open one again and again, and each batch for
-- the gallery in force; neither may read what lies between.
CREATE INDEX batch_waits ON batch (seq) WHERE receipt IS NULL;
CREATE INDEX entry_gallery ON entry (seq) WHERE kind = 'gallery';
