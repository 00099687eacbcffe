//! The ledger entry as bytes: body codec, hash chain, Merkle tree.
