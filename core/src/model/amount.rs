//! Amounts and currencies: decimals, never floats.

use std::fmt;

use compact_str::CompactString;
use rust_decimal::Decimal;

/// The most digits before the point; with those after it, the sum of a million of the largest
/// amounts still has all its digits.
pub const WHOLE_DIGITS_MAX: usize = 12;

/// The most digits after the point.
pub const FRACTION_DIGITS_MAX: usize = 10;

/// A positive amount of money, kept without trailing zeros: `"12.50"` comes back `"12.5"`
/// (docs/contract.md#status-bodies, measured on the live sandbox).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

/// Why a text is not an [`Amount`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number, or one with too many digits.
    #[error(
        "is not a decimal number such as \"100\" or \"12.5\", with at most {WHOLE_DIGITS_MAX} \
         digits before the point and {FRACTION_DIGITS_MAX} after it"
    )]
    NotDecimal,
    /// Zero or less.
    #[error("is not greater than zero")]
    NotPositive,
}

impl Amount {
    /// Reads a plain decimal, `[0-9]+(.[0-9]+)?`: no sign but a minus (to be refused with the
    /// right words), no exponent, no separators.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let amount = parse_decimal(text).ok_or(AmountError::NotDecimal)?;
        if amount > Decimal::ZERO {
            Ok(Self(amount.normalize()))
        } else {
            Err(AmountError::NotPositive)
        }
    }

    /// Returns the number of digits after the point.
    pub fn decimals(self) -> u32 {
        self.0.scale()
    }

    pub fn decimal(self) -> Decimal {
        self.0
    }
}

/// Reads what an account holds at first: a plain decimal of zero or more.
///
/// # Errors
///
/// A fragment of a sentence that says what is wrong with the text.
pub fn parse_balance(text: &str) -> Result<Decimal, &'static str> {
    parse_decimal(text)
        .filter(|balance| *balance >= Decimal::ZERO)
        .ok_or("is not a decimal of zero or more, such as \"1000\" or \"12.5\"")
}

/// Reads what an account may hold that is overdrawn: a plain decimal, with a minus or without.
pub fn parse_signed_balance(text: &str) -> Option<Decimal> {
    parse_decimal(text)
}

fn parse_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str, longest| {
        (1..=longest).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole, WHOLE_DIGITS_MAX) || !is_number(fraction, FRACTION_DIGITS_MAX) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A currency code as sent, such as `EUR`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Currency(CompactString);

impl Currency {
    pub fn new(code: &str) -> Self {
        Self(code.into())
    }

    /// Returns the code, as sent.
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, AmountError>) {
        let parsed = Amount::parse(text).map(|amount| amount.to_string());
        assert_eq!(parsed, expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn trailing_zeros_go_and_nothing_else_changes() {
        check("12.50", Ok("12.5"));
        check("100", Ok("100"));
        check("100.00", Ok("100"));
        check("0.10", Ok("0.1"));
        check("007", Ok("7"));
        check("0.1234567891", Ok("0.1234567891"));
        check("999999999999.9999999999", Ok("999999999999.9999999999"));
    }

    #[test]
    fn what_is_not_a_positive_decimal_is_refused() {
        for text in ["", "abc", "1e3", "+5", "1_000", "1,000", ".5", "5.", "٣", " 1", "0x10", "NaN"]
        {
            check(text, Err(AmountError::NotDecimal));
        }
        check(&"9".repeat(13), Err(AmountError::NotDecimal));
        check("0.30000000000000004", Err(AmountError::NotDecimal));
        check("0", Err(AmountError::NotPositive));
        check("0.00", Err(AmountError::NotPositive));
        check("-5", Err(AmountError::NotPositive));
    }

    #[test]
    fn a_balance_may_be_zero_but_not_less() {
        assert_eq!(parse_balance("0"), Ok(Decimal::ZERO));
        assert_eq!(parse_balance("12.5").map(|balance| balance.to_string()), Ok("12.5".into()));
        assert!(parse_balance("-1").is_err());
        assert!(parse_balance("much").is_err());
    }
}
