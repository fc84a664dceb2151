//! Dates in words: months, weekdays, relative days and times of day, and on which side of a time something lies.
//!
//! Years, days of the month and clock times in digits are numbers.

use super::align::{Pair, Side};
use super::marks::Marks;
use super::question::Question;
use super::{Difference, Kind};

/// A time that a question names.
struct Time {
    class: Class,
    name: &'static str,
    word: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Month,
    Weekday,
    Relative,
    Part,
    Season,
    /// Before or after a time.
    Direction,
}

pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    if !pair.has(Marks::TIME) {
        return None;
    }
    let (left, right) = (times(pair.left.question), times(pair.right.question));
    if left.is_empty() && right.is_empty() {
        return None;
    }
    let only_left = without(&left, &right);
    let only_right = without(&right, &left);
    let has_both = |class: Class| {
        only_left.iter().any(|time| time.class == class)
            && only_right.iter().any(|time| time.class == class)
    };
    let counts = |time: &&&Time| match time.class {
        Class::Month | Class::Weekday => true,
        Class::Relative => !matches!(time.name, "now" | "today") || has_both(time.class),
        Class::Part | Class::Season | Class::Direction => has_both(time.class),
    };
    let only_left: Vec<_> = only_left.iter().filter(counts).collect();
    let only_right: Vec<_> = only_right.iter().filter(counts).collect();
    if only_left.is_empty() && only_right.is_empty() {
        return None;
    }
    let named = |side: &mut Side<'_>, times: Vec<&&Time>| {
        side.explain(&times.iter().map(|time| time.word).collect::<Vec<_>>());
        times.iter().map(|time| time.name).collect::<Vec<_>>().join(", ")
    };
    Some(Difference {
        kind: Kind::Date,
        left: named(&mut pair.left, only_left),
        right: named(&mut pair.right, only_right),
    })
}

fn without<'a>(some: &'a [Time], others: &[Time]) -> Vec<&'a Time> {
    some.iter().filter(|time| !others.iter().any(|other| other.name == time.name)).collect()
}

fn times(question: &Question<'_>) -> Vec<Time> {
    (0..question.words.len())
        .filter(|at| question.words[*at].marks.has(Marks::TIME))
        .filter_map(|at| {
            let (class, name) = time(question, at)?;
            Some(Time { class, name, word: at })
        })
        .collect()
}

fn time(question: &Question<'_>, at: usize) -> Option<(Class, &'static str)> {
    let word = question.word(at);
    let found = match says(word)? {
        Says::Name(class, name) => (class, name),
        Says::Period => {
            let name = match question.before(at).next()? {
                "next" | "coming" | "upcoming" => "next",
                "last" | "previous" | "past" => "last",
                "this" | "current" => "this",
                _ => return None,
            };
            (Class::Relative, name)
        }
        Says::Direction => return direction(question, at),
    };
    let is_doubtful = matches!(
        word,
        "may"
            | "march"
            | "mar"
            | "dec"
            | "sep"
            | "mon"
            | "wed"
            | "jan"
            | "jun"
            | "jul"
            | "nov"
            | "oct"
            | "august"
    );
    (!is_doubtful || is_dated(question, at)).then_some(found)
}

/// What a word says of a time.
enum Says {
    Name(Class, &'static str),
    /// One of the periods of this length, which the word before it tells.
    Period,
    Direction,
}

fn says(word: &str) -> Option<Says> {
    Some(match word {
        "january" | "jan" => Says::Name(Class::Month, "january"),
        "february" | "feb" => Says::Name(Class::Month, "february"),
        "march" | "mar" => Says::Name(Class::Month, "march"),
        "april" | "apr" => Says::Name(Class::Month, "april"),
        "may" => Says::Name(Class::Month, "may"),
        "june" | "jun" => Says::Name(Class::Month, "june"),
        "july" | "jul" => Says::Name(Class::Month, "july"),
        "august" | "aug" => Says::Name(Class::Month, "august"),
        "september" | "sept" | "sep" => Says::Name(Class::Month, "september"),
        "october" | "oct" => Says::Name(Class::Month, "october"),
        "november" | "nov" => Says::Name(Class::Month, "november"),
        "december" | "dec" => Says::Name(Class::Month, "december"),
        "monday" | "mondays" | "mon" => Says::Name(Class::Weekday, "monday"),
        "tuesday" | "tuesdays" | "tue" | "tues" => Says::Name(Class::Weekday, "tuesday"),
        "wednesday" | "wednesdays" | "wed" => Says::Name(Class::Weekday, "wednesday"),
        "thursday" | "thursdays" | "thu" | "thurs" => Says::Name(Class::Weekday, "thursday"),
        "friday" | "fridays" | "fri" => Says::Name(Class::Weekday, "friday"),
        "saturday" | "saturdays" => Says::Name(Class::Weekday, "saturday"),
        "sunday" | "sundays" => Says::Name(Class::Weekday, "sunday"),
        "weekend" | "weekends" => Says::Name(Class::Weekday, "weekend"),
        "weekday" | "weekdays" => Says::Name(Class::Weekday, "weekday"),
        "today" => Says::Name(Class::Relative, "today"),
        "tonight" => Says::Name(Class::Relative, "tonight"),
        "tomorrow" | "tmrw" | "tommorow" | "tomorow" => Says::Name(Class::Relative, "tomorrow"),
        "yesterday" => Says::Name(Class::Relative, "yesterday"),
        "morning" | "mornings" => Says::Name(Class::Part, "morning"),
        "noon" | "midday" => Says::Name(Class::Part, "noon"),
        "afternoon" | "afternoons" => Says::Name(Class::Part, "afternoon"),
        "evening" | "evenings" => Says::Name(Class::Part, "evening"),
        "midnight" => Says::Name(Class::Part, "midnight"),
        "winter" | "winters" => Says::Name(Class::Season, "winter"),
        "summer" | "summers" => Says::Name(Class::Season, "summer"),
        "autumn" => Says::Name(Class::Season, "autumn"),
        "springtime" => Says::Name(Class::Season, "spring"),
        "week" | "month" | "year" | "quarter" | "century" | "decade" | "season" => Says::Period,
        "before" | "until" | "till" | "after" | "since" | "following" => Says::Direction,
        _ => return None,
    })
}

/// Whether a word says something of a time, whatever stands around it.
pub(super) fn may_name_time(word: &str) -> bool {
    says(word).is_some()
}

/// Whether the words around it say that it is a date: "in May", "3 March", "next Wed".
fn is_dated(question: &Question<'_>, at: usize) -> bool {
    let token = question.words[at].token;
    let is_number = |at: usize| question.tokens.get(at).is_some_and(|token| token.is_number);
    let is_ordinal_before = question.before(at).next().is_some_and(super::number::is_word);
    let after_preposition = matches!(
        question.before(at).next(),
        Some(
            "in" | "of"
                | "during"
                | "since"
                | "until"
                | "by"
                | "next"
                | "last"
                | "this"
                | "every"
                | "on"
                | "from"
                | "before"
                | "after"
        )
    );
    let glued = token > 1 && question.tokens[token - 1].is_glued && is_number(token - 2);
    token > 0 && is_number(token - 1)
        || is_number(token + 1)
        || glued
        || is_ordinal_before
        || after_preposition && question.word(at) != "march"
        || after_preposition && question.words[at].case == super::token::Case::Title
}

/// "Before" or "after" with a time or a number within a few words.
fn direction(question: &Question<'_>, at: usize) -> Option<(Class, &'static str)> {
    const REACH: usize = 2;
    let token = question.words[at].token;
    let is_time = |near: usize| {
        question.tokens.get(near).is_some_and(|token| token.is_number && token.text.len() >= 2)
    };
    let names_time = (at + 1..=at + REACH).any(|next| {
        matches!(
            question.word(next),
            "noon"
                | "midnight"
                | "today"
                | "tomorrow"
                | "monday"
                | "tuesday"
                | "wednesday"
                | "thursday"
                | "friday"
                | "saturday"
                | "sunday"
                | "january"
                | "february"
                | "april"
                | "june"
                | "july"
                | "august"
                | "september"
                | "october"
                | "november"
                | "december"
        )
    });
    if !names_time && !(token + 1..=token + REACH).any(is_time) {
        return None;
    }
    let name = match question.word(at) {
        "before" | "until" | "till" => "before",
        _ => "after",
    };
    Some((Class::Direction, name))
}
