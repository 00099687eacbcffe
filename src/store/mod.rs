//! The only SQL: schema, migrations, ledger, gallery.
