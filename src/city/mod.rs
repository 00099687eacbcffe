//! The client's side of the city's interface (`docs/city-api.yaml`).
//!
//! The box is always the client: it fetches, and it sends; nothing reaches in from outside.
//!
//! 1. No answer is believed that the pinned city key did not sign, except a refusal, which can
//!    delay but not alter.
//! 2. Sizes and times of answers are bounded; redirects are not followed.
//!
//! It stores nothing but the device key and the pinned city ([`identity`]); what was sent and
//! acknowledged is the store's, and the two meet in `daemon`.

pub mod backoff;
pub mod client;
pub mod elders;
pub mod identity;
pub mod signer;
pub mod tls;
pub mod trust;
pub mod wire;
