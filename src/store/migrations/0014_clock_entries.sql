-- The few entries that say whether the clock is believed, so that the stretch of time around an entry
-- is found without reading the whole ledger.
CREATE INDEX entry_of_clock ON entry (seq) WHERE kind = 'clock';
