//! `keys`: the callers by name, their secrets, and what `auto` means for them.

use super::targets::{share, tier};
use crate::config::{CallerKey, KeyPolicy, Tiers, reader::Field, tree::Value, units};

/// Shortest secret of a caller, characters.
const MIN_SECRET: usize = 8;
/// Longest name of a caller, characters: it goes to logs and metrics.
const MAX_NAME: usize = 64;

/// Whose requests those are that the gateway makes for itself.
const OWN_NAME: &str = "scrimp";

/// The names that rules can ask for, less those that look like secrets: messages list them.
pub(super) fn names<'a>(entries: &[(&'a str, Field<'_>)]) -> Vec<&'a str> {
    entries.iter().filter(|(_, field)| !looks_secret(field)).map(|(name, _)| *name).collect()
}

/// The path of a field leaves out a key that looks like a secret.
fn looks_secret(field: &Field<'_>) -> bool {
    field.path().ends_with('…')
}

pub(super) fn keys(entries: Vec<(&str, Field<'_>)>, tiers: &Tiers) -> Vec<CallerKey> {
    let mut keys: Vec<CallerKey> = Vec::with_capacity(entries.len());
    for (name, field) in entries {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(allowed) {
            field.mistake("the name of a key has 1 to 64 letters, digits, `-`, `_` or `.`");
        } else if name == OWN_NAME {
            field.mistake("is the gateway's own name in the ledger; choose another name");
        } else if looks_secret(&field) {
            field.mistake("the name looks like a secret; write `NAME: SECRET`");
            continue;
        }
        let (secret, policy, budget) = parts(field.clone(), tiers);
        let Some(hash) = secret.as_ref().and_then(hash) else { continue };
        match keys.iter().find(|key| key.hash == hash) {
            Some(other) => field.mistake(format!("the same secret as keys.{}", other.name)),
            None => keys.push(CallerKey { name: name.to_owned(), hash, policy, budget }),
        }
    }
    keys
}

/// The parts of `NAME: SECRET` or `NAME: { key: SECRET, tier: …, budget: … }`.
fn parts<'a>(
    field: Field<'a>,
    tiers: &Tiers,
) -> (Option<Field<'a>>, Option<KeyPolicy>, Option<u64>) {
    if !matches!(field.value(), Value::Map(_)) {
        return (Some(field), None, None);
    }
    let mut section = field.section();
    let secret = section.required("key", "write `key: SECRET`");
    let policy = section.one_of(&["tier", "quality"]).and_then(|(name, field)| match name {
        "tier" => field.parse(|text| tier(text, tiers)).map(KeyPolicy::Tier),
        _ => field.parse(share).map(KeyPolicy::Quality),
    });
    let budget = section.read_optional("budget", |text| {
        units::daily_money(text).map_err(|error| error.to_string())
    });
    section.finish();
    (secret, policy, budget)
}

/// BLAKE3 of a secret.
fn hash(field: &Field<'_>) -> Option<[u8; 32]> {
    let secret = field.scalar()?.text.as_str();
    if !secret.chars().all(|c| c.is_ascii_graphic()) {
        field.mistake("the secret holds a space or a character that a header cannot carry");
        return None;
    }
    if secret.len() < MIN_SECRET {
        field.mistake(format!("the secret is shorter than {MIN_SECRET} characters"));
        return None;
    }
    Some(*blake3::hash(secret.as_bytes()).as_bytes())
}
