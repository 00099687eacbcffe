//! How single values are spelt: each in one way, as a JSON string, a number or `null`.
//!
//! The modules here are named in `#[serde(with = …)]`. Strings are borrowed from the body, so one
//! with an escape sequence is refused while it is read.

use crate::domain::calendar::{Date, MealWindow};
use crate::domain::decision::Doubt;
use crate::domain::elder::ElderId;
use crate::domain::entry::correction::{HandReason, LateReason, RejectReason, VoidReason};
use crate::domain::entry::operation::{ClockWhy, ExportWhat, KeyPurpose, Satisfaction, SignChange};
use crate::domain::entry::{ClockTrust, Method};
use crate::domain::month::Month;
use crate::domain::operator::OperatorId;
use crate::domain::subsidy::{NoAward, Standing};
use std::borrow::Cow;

/// A value that is written as a string.
pub(super) trait Spelt: Sized {
    /// What it is, for the message about one that is not.
    const WHAT: &'static str;
    /// Its one spelling.
    fn spell(&self) -> Cow<'_, str>;
    /// The value of a spelling.
    fn read(text: &str) -> Option<Self>;
}

macro_rules! spelt_by_code {
    ($($name:ty: $what:literal),+ $(,)?) => { $(
        impl Spelt for $name {
            const WHAT: &'static str = $what;
            fn spell(&self) -> Cow<'_, str> {
                self.code().into()
            }
            fn read(text: &str) -> Option<Self> {
                Self::from_code(text)
            }
        }
    )+ };
}

spelt_by_code!(
    ClockTrust: "trust in a clock", MealWindow: "meal window", Method: "method",
    NoAward: "reason without subsidy", Standing: "standing", Doubt: "doubt",
    VoidReason: "reason of a void", HandReason: "reason of a meal by hand",
    LateReason: "reason of a late entry", RejectReason: "reason of a verdict",
    SignChange: "sign-in or sign-out", ClockWhy: "reason of a clock event",
    KeyPurpose: "purpose of a key", Satisfaction: "satisfaction", ExportWhat: "kind of export",
);

macro_rules! spelt_by_text {
    ($($name:ty: $what:literal, $read:expr);+ $(;)?) => { $(
        impl Spelt for $name {
            const WHAT: &'static str = $what;
            fn spell(&self) -> Cow<'_, str> {
                self.to_string().into()
            }
            fn read(text: &str) -> Option<Self> {
                $read(text)
            }
        }
    )+ };
}

spelt_by_text!(
    Date: "date", |text: &str| text.parse().ok();
    Month: "month", Month::parse;
    ElderId: "id of an elder", |text| ElderId::new(text).ok();
    OperatorId: "id of an operator", |text| OperatorId::new(text).ok();
);

/// Bytes as lower-case hexadecimal digits.
impl<const N: usize> Spelt for [u8; N] {
    const WHAT: &'static str = "hexadecimal value";
    fn spell(&self) -> Cow<'_, str> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = self.iter().flat_map(|b| [b >> 4, b & 15]);
        digits.map(|d| char::from(DIGITS[usize::from(d)])).collect()
    }

    fn read(text: &str) -> Option<Self> {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; N];
        if text.len() != 2 * N {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(bytes)
    }
}

fn read<T: Spelt, E: serde::de::Error>(text: &str) -> Result<T, E> {
    let refused = || E::custom(format_args!("this value is not allowed as {}", T::WHAT));
    T::read(text).ok_or_else(refused)
}

/// A value as a string.
pub(super) mod text {
    use super::{Spelt, read};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<T: Spelt, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.spell())
    }

    pub fn deserialize<'de, T: Spelt, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        read(<&str>::deserialize(from)?)
    }
}

/// A value as a string, or `null`.
pub(super) mod optional {
    use super::{Spelt, read};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<T: Spelt, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.serialize_str(&value.spell()),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, T: Spelt, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        <Option<&str>>::deserialize(from)?.map(read).transpose()
    }
}

/// Values as a list of strings.
pub(super) mod list {
    use super::{Spelt, read};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<T: Spelt, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(Spelt::spell))
    }

    pub fn deserialize<'de, T: Spelt, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        <Vec<&str>>::deserialize(from)?.into_iter().map(read).collect()
    }
}

/// An amount as a whole number of fen.
pub(super) mod fen {
    use crate::domain::money::Fen;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(amount: &Fen, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(amount.get())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Fen, D::Error> {
        u32::deserialize(from).map(Fen::new)
    }
}
