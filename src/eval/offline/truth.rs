//! Was a hit right? By the labels where there are some, else by the logged answers, else nobody knows.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::eval::logs::Record;

/// How wrong the second answer is in the place of the first, in `[0, 1]`.
pub type Compare<'a> = &'a (dyn Fn(&str, &str) -> f64 + Sync);

/// From here on an answer counts as wrong.
const WRONG: f64 = 0.5;

/// What is known of the answers of a stream.
pub(super) struct Truth<'a> {
    records: &'a [Record],
    compare: Compare<'a>,
    /// Comparing answers may be slow, and replays with other thresholds serve many of the same pairs.
    compared: Mutex<HashMap<(u32, u32), bool>>,
}

impl<'a> Truth<'a> {
    pub(super) fn new(records: &'a [Record], compare: Compare<'a>) -> Self {
        Self { records, compare, compared: Mutex::default() }
    }

    /// Whether the answer of request `by` is right for request `record`; `None`: that is not known.
    pub(super) fn is_right(&self, record: u32, by: u32) -> Option<bool> {
        let (asked, served) = (&self.records[record as usize], &self.records[by as usize]);
        if let Some(right) = asked.label.is_served_by(&served.label) {
            return Some(right);
        }
        let (own, other) = (asked.answer.as_deref()?, served.answer.as_deref()?);
        if let Some(right) = self.compared.lock().get(&(record, by)) {
            return Some(*right);
        }
        let right = (self.compare)(own, other) < WRONG;
        self.compared.lock().insert((record, by), right);
        Some(right)
    }
}

/// The plainest comparison: 0 when two answers have the same words in the same order, else 1.
///
/// Two wordings of one answer count as wrong, so that what is measured with it is an upper bound.
pub fn differ(a: &str, b: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    if words(a) == words(b) { 0.0 } else { 1.0 }
}
