//! The client's side of the city's interface (`docs/city-api.yaml`).
//!
//! The box is always the client: it fetches, and it sends; nothing reaches in from outside.

pub mod wire;
