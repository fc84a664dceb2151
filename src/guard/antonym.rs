//! Opposites: one question has a word, the other its opposite in the place of it.

use super::align::Pair;
use super::question::Question;
use super::{Difference, Kind};

/// Little words whose opposites count only after the same verb: "turn on", "log in".
const PARTICLES: [&str; 6] = ["in", "out", "on", "off", "up", "down"];

pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    let (left, right) = (&pair.left, &pair.right);
    let mut found: Option<(usize, usize)> = None;
    for at in left.alone() {
        let word = &left.question.words[at];
        if word.text.len() < 5 && word.meaning.is_none_or(|meaning| meaning.opposites.is_empty()) {
            continue;
        }
        let opposite = right.alone().find(|other_at| {
            let other = &right.question.words[*other_at];
            has_opposite_prefix(word.text, other.text)
                || other
                    .meaning
                    .zip(word.meaning)
                    .is_some_and(|(other, own)| own.is_opposite(other))
                    && !right.is_explained[*other_at]
                    && (!is_particle(word.text, other.text) || has_same_verb(pair, at, *other_at))
        });
        if let Some(other) = opposite.filter(|_| !left.is_explained[at]) {
            found = Some((at, other));
            break;
        }
    }
    let (at, other) = found?;
    let difference = Difference {
        kind: Kind::Antonym,
        left: left.question.word(at).to_owned(),
        right: right.question.word(other).to_owned(),
    };
    pair.left.explain(&[at]);
    pair.right.explain(&[other]);
    Some(difference)
}

/// "Hypertension" and "hypotension", "useful" and "useless": the same word with opposite beginnings or endings.
fn has_opposite_prefix(left: &str, right: &str) -> bool {
    const PREFIXES: [(&str, &str); 18] = [
        ("hyper", "hypo"),
        ("macro", "micro"),
        ("inter", "intra"),
        ("pre", "post"),
        ("over", "under"),
        ("up", "down"),
        ("endo", "exo"),
        ("homo", "hetero"),
        ("mono", "poly"),
        ("super", "sub"),
        ("maxi", "mini"),
        ("pro", "anti"),
        ("uni", "multi"),
        ("ante", "post"),
        ("in", "out"),
        ("in", "ex"),
        ("mono", "stereo"),
        ("en", "de"),
    ];
    const SHORTEST_REST: usize = 4;
    // All but "useful" and "useless" end alike.
    let ends = left.as_bytes().last_chunk::<SHORTEST_REST>();
    if ends.is_none() || ends != right.as_bytes().last_chunk() {
        let is_full = |full: &str, less: &str| {
            full.strip_suffix("ful")
                .zip(less.strip_suffix("less"))
                .is_some_and(|(full, less)| full == less)
        };
        return is_full(left, right) || is_full(right, left);
    }
    let is_opposite = |first: &str, second: &str| {
        let (rest, other) = (left.strip_prefix(first), right.strip_prefix(second));
        rest.is_some_and(|rest| rest.len() >= SHORTEST_REST) && rest == other
    };
    PREFIXES.iter().any(|(first, second)| is_opposite(first, second) || is_opposite(second, first))
}

fn is_particle(left: &str, right: &str) -> bool {
    PARTICLES.contains(&left) || PARTICLES.contains(&right)
}

/// Whether both particles follow the same verb that takes them: "turn on", "log in", "turn the wifi on".
fn has_same_verb(pair: &Pair<'_>, left: usize, right: usize) -> bool {
    const VERBS: [&str; 26] = [
        "be", "check", "come", "get", "go", "keep", "lock", "log", "move", "opt", "plug", "power",
        "pull", "push", "put", "scroll", "set", "shut", "sign", "slow", "speed", "switch", "take",
        "turn", "walk", "zoom",
    ];
    const REACH: usize = 4;
    let verb = |question: &Question<'_>, at: usize| {
        let mut words = question.words[at.saturating_sub(REACH)..at].iter().rev();
        words.find(|word| VERBS.contains(&word.stem.as_ref())).map(|word| word.key)
    };
    let own = verb(pair.left.question, left);
    own.is_some() && own == verb(pair.right.question, right)
}
