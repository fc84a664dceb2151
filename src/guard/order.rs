//! The same numbers in another order: whether they have changed places, or the sentence was only built differently.
//!
//! Judged on labelled pairs, another order alone is found more often between questions that share their answer ("EECS 230
//! or 353", "in 2010 is 995 offered"). So only two signs count: a number that another one has replaced after the same
//! preposition, and two questions that are equal but for the places of their numbers.

use super::token::Token;

/// Words after which it matters which number comes. Not `in`, `of` or `between`.
const DIRECTIONS: [&str; 13] = [
    "above", "after", "before", "below", "by", "from", "minus", "over", "since", "than", "to",
    "under", "until",
];
/// How many words before its number a direction may stand: "from Windows 8".
const REACH: usize = 2;

/// Whether the numbers in digits, known to be the same ones in another order, have changed places.
pub(super) fn differs(left: &[Token<'_>], right: &[Token<'_>]) -> bool {
    if is_list(left) && is_list(right) {
        return have_exchanged_things(left, right);
    }
    same_words(left, right)
        || DIRECTIONS.iter().any(|direction| {
            let (left, right) = (after(left, direction), after(right, direction));
            left.is_some() && right.is_some() && left != right
        })
}

/// Whether the numbers of a list count other things: "3 apples and 5 pears", "5 apples and 3 pears".
fn have_exchanged_things(left: &[Token<'_>], right: &[Token<'_>]) -> bool {
    let numbers: Vec<_> =
        left.iter().filter(|token| token.is_number).map(|token| token.text).collect();
    let moved = numbers.iter().filter(|number| {
        let things = counted(left, number).zip(counted(right, number));
        things.is_some_and(|(left_thing, right_thing)| {
            left_thing != right_thing && right.iter().any(|token| token.text == left_thing)
        })
    });
    moved.count() >= 2
}

/// The word after a number, which tells what it counts.
fn counted<'a>(tokens: &[Token<'a>], number: &str) -> Option<&'a str> {
    let at = tokens.iter().position(|token| token.is_number && token.text == number)?;
    let thing =
        tokens.get(at + 1).filter(|thing| !thing.is_number && tokens[at].followed_by.is_none())?;
    (!matches!(thing.text, "and" | "or" | "vs" | "versus" | "to")).then_some(thing.text)
}

/// The first number that follows `direction`.
fn after<'a>(tokens: &[Token<'a>], direction: &str) -> Option<&'a str> {
    let number = |at: usize| {
        let reach = tokens.iter().skip(at + 1).take(REACH);
        reach.into_iter().find(|token| token.is_number).map(|token| token.text)
    };
    (0..tokens.len()).filter(|at| tokens[*at].text == direction).find_map(number)
}

fn same_words(left: &[Token<'_>], right: &[Token<'_>]) -> bool {
    let words = |token: &&Token<'_>| !token.is_number;
    let (left, right) = (left.iter().filter(words), right.iter().filter(words));
    left.map(|token| token.text).eq(right.map(|token| token.text))
}

/// Whether "and", "or" or the like stands between each two numbers, so that their order means nothing.
fn is_list(tokens: &[Token<'_>]) -> bool {
    let mut numbers = (0..tokens.len()).filter(|at| tokens[*at].is_number).peekable();
    while let (Some(this), Some(next)) = (numbers.next(), numbers.peek()) {
        let comma = tokens[this..*next].iter().any(|token| token.followed_by == Some(','));
        let joined = tokens[this..*next]
            .iter()
            .any(|token| matches!(token.text, "and" | "or" | "vs" | "versus"));
        if !comma && !joined {
            return false;
        }
    }
    true
}
