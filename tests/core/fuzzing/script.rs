//! Bytes as a list of calls: each a good request of an operation, then edited here and there, so
//! that most inputs come further than the first check.

use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};

/// A call, in numbers; each picks from a table as long as it is.
#[derive(Debug)]
pub struct Call {
    /// The way to an operation.
    pub way: u8,
    /// The API user who calls.
    pub user: u8,
    /// The reference of what is submitted or asked for.
    pub reference: u8,
    /// The payer, payee or account holder.
    pub party: u8,
    /// The amount.
    pub amount: u8,
    /// How much time passes before it.
    pub pause: u8,
    /// What is changed of the good request.
    pub edits: Vec<Edit>,
}

/// A change of one part of a request.
#[derive(Debug)]
pub struct Edit {
    pub part: Part,
    /// Where, from the part's beginning; taken by the part's length.
    pub at: u16,
    /// How many bytes are taken out there.
    pub taken_out: u8,
    /// What is put in there.
    pub put_in: Vec<u8>,
    /// How many times it is put in, as a power of two.
    pub doublings: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Body,
    Path,
    Query,
    Method,
    /// The header's value.
    Header(&'static str),
    /// The whole header, taken out.
    Missing(&'static str),
}

const PARTS: [Part; 20] = [
    Part::Body,
    Part::Body,
    Part::Body,
    Part::Path,
    Part::Path,
    Part::Query,
    Part::Method,
    Part::Header("X-Reference-Id"),
    Part::Header("X-Callback-Url"),
    Part::Header("X-Callback-Url"),
    Part::Header("Authorization"),
    Part::Header("X-Target-Environment"),
    Part::Header("Ocp-Apim-Subscription-Key"),
    Part::Header("notificationMessage"),
    Part::Missing("X-Reference-Id"),
    Part::Missing("X-Callback-Url"),
    Part::Missing("Authorization"),
    Part::Missing("X-Target-Environment"),
    Part::Missing("Ocp-Apim-Subscription-Key"),
    Part::Missing("Content-Length"),
];

const PAUSES: [Duration; 12] = [
    Duration::ZERO,
    Duration::ZERO,
    Duration::ZERO,
    Duration::from_millis(1),
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(300),
    Duration::from_secs(3600),
    Duration::from_secs(86_400),
    Duration::from_secs(366 * 86_400),
    Duration::from_secs(8_000 * 366 * 86_400),
];

impl Call {
    pub fn pause(&self) -> Duration {
        *pick(&PAUSES, self.pause)
    }
}

/// The one of a table that a byte stands for.
pub fn pick<T>(table: &[T], number: u8) -> &T {
    &table[usize::from(number) % table.len()]
}

// By hand rather than derived: all is read from the front, so that an input can be told by its
// bytes and two inputs can be spliced at a call.
impl<'a> Arbitrary<'a> for Call {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let mut next = || bytes.arbitrary::<u8>();
        let (way, user, reference) = (next()?, next()?, next()?);
        let (party, amount, pause, count) = (next()?, next()?, next()?, next()?);
        let edits = (0..count % 4).map(|_| bytes.arbitrary()).collect::<Result<_>>()?;
        Ok(Self { way, user, reference, party, amount, pause, edits })
    }
}

impl<'a> Arbitrary<'a> for Edit {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let part = *pick(&PARTS, bytes.arbitrary()?);
        let (at, taken_out) = (bytes.arbitrary()?, bytes.arbitrary()?);
        let length: u8 = bytes.arbitrary()?;
        let length = usize::from(length).min(bytes.len());
        let put_in = bytes.bytes(length)?.to_vec();
        let doublings = if put_in.is_empty() { 0 } else { bytes.arbitrary::<u8>()? % 32 };
        // Most edits put in one.
        let doublings = if doublings > 16 { 0 } else { doublings };
        Ok(Self { part, at, taken_out, put_in, doublings })
    }
}

impl Edit {
    /// The text with the change made, of at most so many bytes.
    pub fn apply(&self, text: &[u8], longest: usize) -> Vec<u8> {
        let at = usize::from(self.at) % (text.len() + 1);
        let end = (at + usize::from(self.taken_out)).min(text.len());
        let mut edited = text[..at].to_vec();
        for _ in 0..1_u32 << self.doublings {
            if edited.len() > longest {
                break;
            }
            edited.extend(&self.put_in);
        }
        edited.extend(&text[end..]);
        edited.truncate(longest);
        edited
    }
}

/// The calls of an input; what is left at its end is no call.
pub fn calls(input: &[u8]) -> Vec<Call> {
    const MOST: usize = 24;
    let mut bytes = Unstructured::new(input);
    let mut calls = Vec::new();
    while calls.len() < MOST && bytes.len() >= 7 {
        let Ok(call) = bytes.arbitrary() else { break };
        calls.push(call);
    }
    calls
}
