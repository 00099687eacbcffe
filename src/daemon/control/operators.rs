//! Operators over the control socket.

use super::Answer;
use crate::domain::operator::OperatorId;
use crate::error::{Exit, Failure};
use crate::store::{Pin, Store};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A PIN as it was typed; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(pub String);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed")
    }
}

/// What is to become of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OperatorChange {
    /// A new one.
    Add {
        /// What colleagues call them.
        name: String,
        /// Their PIN.
        pin: Typed,
    },
    /// They may not sign in any more.
    Disable,
    /// They have a new PIN, and may sign in again.
    ResetPin(Typed),
}

/// Carries it out.
///
/// # Errors
/// [`crate::store::OperatorError`], [`crate::store::PinError`], or an id that is none.
pub(super) fn change(
    store: &mut Store,
    id: &str,
    change: &OperatorChange,
) -> Result<Answer, Failure> {
    let data = |text: String| Failure::new(Exit::Data, text);
    let id = OperatorId::new(id).map_err(|e| data(e.to_string()))?;
    let pin = |typed: &Typed| Pin::new(&typed.0).map_err(|e| data(e.to_string()));
    match change {
        OperatorChange::Add { name, pin: typed } => store.add_operator(&id, name, &pin(typed)?)?,
        OperatorChange::Disable => store.disable_operator(&id)?,
        OperatorChange::ResetPin(typed) => store.reset_pin(&id, &pin(typed)?)?,
    }
    Ok(Answer::Entry(None))
}
