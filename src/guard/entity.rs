//! Names: of people, places, companies and whatever else is written with a capital.
//!
//! A name is told by its capital letter in the middle of a sentence, by a list, or, where a text has no capitals, by being
//! a word that no list knows and no English ending fits.

use super::align::{Pair, Side};
use super::lexicon::Classes;
use super::question::Word;
use super::token::Case;
use super::{Difference, Kind, typo};

/// Endings of English words that are no names.
const ENDINGS: [&str; 40] = [
    "able", "age", "al", "ally", "ance", "ancy", "ant", "ary", "ate", "ation", "cy", "ed", "ence",
    "ency", "ent", "er", "est", "ful", "ible", "ic", "ical", "ify", "ing", "ion", "ious", "ise",
    "ish", "ism", "ist", "ity", "ive", "ize", "less", "logy", "ly", "ment", "ness", "ous", "ship",
    "ure",
];

/// Names on both sides that stand for each other.
pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    let (of_left, of_right) = siblings(pair);
    let named = |side: &Side<'_>, siblings: &[usize]| {
        let mut names = names(side);
        names.extend(siblings);
        names.sort_unstable();
        names.dedup();
        names
    };
    let (left, right) = match (named(&pair.left, &of_left), named(&pair.right, &of_right)) {
        (left, right) if left.is_empty() || right.is_empty() => in_one_place(pair)?,
        both => both,
    };
    Some(difference(pair, &left, &right))
}

/// Names that one side has in addition.
pub(super) fn compare_additional(pair: &mut Pair<'_>) -> Option<Difference> {
    let (left, right) = (names(&pair.left), names(&pair.right));
    if left.is_empty() == right.is_empty() {
        return None;
    }
    Some(difference(pair, &left, &right))
}

/// The difference that these words make; they are explained by it.
fn difference(pair: &mut Pair<'_>, left: &[usize], right: &[usize]) -> Difference {
    let (shown_left, shown_right) = (pair.left.shown(left), pair.right.shown(right));
    pair.left.explain(left);
    pair.right.explain(right);
    Difference { kind: Kind::Entity, left: shown_left, right: shown_right }
}

fn names(side: &Side<'_>) -> Vec<usize> {
    let question = side.question;
    let candidates = side.unexplained();
    if candidates.is_empty() {
        return candidates;
    }
    let ignores_case = question.ignores_case();
    let is_name = |at: &usize| {
        let word = &question.words[*at];
        if word.classes.has(Classes::NAMES)
            && !(word.classes.has(Classes::COMMON) && word.case == Case::Lower)
        {
            return true;
        }
        if word.text.len() < 2 {
            return false;
        }
        match word.case {
            Case::Lower => false,
            _ if ignores_case || word.begins_sentence => {
                is_unlike_english(word) && word.case != Case::Lower
            }
            _ => !(word.classes.has(Classes::COMMON) && is_only_capital(side, *at)),
        }
    };
    candidates.into_iter().filter(is_name).collect()
}

/// Different things of one kind: "liver" and "kidney".
fn siblings(pair: &Pair<'_>) -> (Vec<usize>, Vec<usize>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for l in pair.left.unexplained() {
        let Some(meaning) =
            pair.left.question.words[l].meaning.filter(|meaning| !meaning.kinds.is_empty())
        else {
            continue;
        };
        for r in pair.right.unexplained() {
            let other = pair.right.question.words[r].meaning;
            if other.is_some_and(|other| meaning.is_sibling(other)) && !right.contains(&r) {
                left.push(l);
                right.push(r);
                break;
            }
        }
    }
    (left, right)
}

/// Words that no list knows and that stand in the same place of both questions.
fn in_one_place(pair: &Pair<'_>) -> Option<(Vec<usize>, Vec<usize>)> {
    let (left, right) = (pair.left.unexplained(), pair.right.unexplained());
    let may_be_name = |side: &Side<'_>, places: &[usize]| {
        !places.is_empty()
            && places.len() <= 3
            && places.windows(2).all(|pair| pair[0] + 1 == pair[1])
            && places.iter().any(|at| {
                let word = &side.question.words[*at];
                is_unlike_english(word) || word.classes.has(Classes::NAMES)
            })
    };
    if !may_be_name(&pair.left, &left) || !may_be_name(&pair.right, &right) {
        return None;
    }
    if let ([l], [r]) = (&left[..], &right[..])
        && typo::is_near(pair.left.question.word(*l), pair.right.question.word(*r))
        && !pair.left.question.words[*l].classes.has(Classes::NAMES)
    {
        return None;
    }
    let meets = |left: Option<usize>, right: Option<usize>| match (left, right) {
        (Some(left), Some(right)) => pair
            .left
            .partners
            .get(left)
            .copied()
            .flatten()
            .is_some_and(|partner| partner.at == right),
        _ => false,
    };
    let before = meets(left[0].checked_sub(1), right[0].checked_sub(1));
    let after = meets(left.last().map(|at| at + 1), right.last().map(|at| at + 1));
    (before || after).then_some((left, right))
}

/// Whether a common word is written with a capital alone: emphasis rather than a name.
fn is_only_capital(side: &Side<'_>, at: usize) -> bool {
    let is_capital = |at: Option<usize>| {
        at.and_then(|at| side.question.words.get(at))
            .is_some_and(|word| word.case != Case::Lower && !word.begins_sentence)
    };
    !is_capital(at.checked_sub(1)) && !is_capital(Some(at + 1))
}

fn is_unlike_english(word: &Word<'_>) -> bool {
    !word.is_known()
        && word.text.len() >= 3
        && word.stem.len() + 2 >= word.text.len()
        && !ENDINGS
            .iter()
            .any(|ending| word.text.len() > ending.len() + 2 && word.text.ends_with(ending))
}
