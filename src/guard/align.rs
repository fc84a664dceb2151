//! Which word of one question stands for which word of the other.
//!
//! The same word first, in any form; then typing errors, synonyms, words of one family, words written apart and
//! initials. What stays alone is what the rules judge.

use super::lexicon::Meaning;
use super::marks::Marks;
use super::question::{Question, Role, Word};
use super::token::Case;
use super::typo;

/// Shortest common beginning of a family of words.
const SHORTEST_FAMILY: usize = 4;

/// One of the two questions, with what the rules have found out about its words.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) question: &'a Question<'a>,
    /// For each word, the word of the other question that it stands for.
    pub(super) partners: Vec<Option<Partner>>,
    /// The words without one, in order.
    open: Vec<usize>,
    /// Words that some difference has named already.
    pub(super) is_explained: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partner {
    pub(super) at: usize,
    /// The same word but for typing errors and inflection.
    pub(super) is_same: bool,
}

/// Two questions with their words aligned.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub(super) left: Side<'a>,
    pub(super) right: Side<'a>,
}

impl<'a> Side<'a> {
    fn new(question: &'a Question<'a>) -> Self {
        let count = question.words.len();
        Self {
            question,
            partners: vec![None; count],
            open: (0..count).collect(),
            is_explained: vec![false; count],
        }
    }

    fn set_partner(&mut self, at: usize, partner: Partner) {
        self.partners[at] = Some(partner);
        if let Ok(place) = self.open.binary_search(&at) {
            self.open.remove(place);
        }
    }

    /// The words without a partner, but for politeness.
    pub(super) fn alone(&self) -> impl Iterator<Item = usize> {
        let words = &self.question.words;
        self.open.iter().copied().filter(|at| words[*at].role != Role::Polite)
    }

    pub(super) fn is_alone(&self, at: usize) -> bool {
        self.partners.get(at).is_some_and(Option::is_none)
    }

    /// The content words without a partner that no difference has named yet.
    pub(super) fn unexplained(&self) -> Vec<usize> {
        self.alone()
            .filter(|at| self.question.words[*at].is_content() && !self.is_explained[*at])
            .collect()
    }

    /// The content words without a partner.
    pub(super) fn unmatched(&self) -> usize {
        self.alone().filter(|at| self.question.words[*at].is_content()).count()
    }

    pub(super) fn explain(&mut self, words: &[usize]) {
        for at in words {
            self.is_explained[*at] = true;
        }
    }

    /// The words at `places`, as written.
    pub(super) fn shown(&self, places: &[usize]) -> String {
        let words: Vec<_> = places.iter().map(|at| self.question.word(*at)).collect();
        words.join(" ")
    }
}

pub(super) fn align<'a>(left: &'a Question<'a>, right: &'a Question<'a>) -> Pair<'a> {
    let mut pair = Pair { left: Side::new(left), right: Side::new(right) };
    pair.match_by(|_| true, |l, r| l.key == r.key, true);
    pair.match_by(|_| true, |l, r| l.role == Role::Polite && l.text == r.text, true);
    if left.is_foreign || right.is_foreign {
        return pair;
    }
    let is_content = |word: &Word<'_>| matches!(word.role, Role::Content | Role::Light);
    pair.match_by(typo::may_have_typo, typo::is_typo, true);
    let has_synonyms = |word: &Word<'_>| word.meaning.is_some_and(Meaning::has_synonyms);
    pair.match_by(|word| is_content(word) && has_synonyms(word), is_synonym, false);
    let is_long = |word: &Word<'_>| word.stem.len() >= SHORTEST_FAMILY;
    pair.match_by(|word| is_content(word) && is_long(word), is_family, false);
    pair.match_apart();
    pair.match_initials();
    pair
}

impl Pair<'_> {
    /// Whether some word of either question has one of `marks`.
    pub(super) fn has(&self, marks: Marks) -> bool {
        (self.left.question.marks | self.right.question.marks).has(marks)
    }

    /// Links each word of the left question with the first one of the right that it matches, of the words that `may` be
    /// linked.
    fn match_by(
        &mut self,
        may: impl Fn(&Word<'_>) -> bool,
        is_match: impl Fn(&Word<'_>, &Word<'_>) -> bool,
        is_same: bool,
    ) {
        let (left, right) = (self.left.question, self.right.question);
        if self.left.open.is_empty() {
            return;
        }
        let mut candidates = self.right.open.clone();
        candidates.retain(|other| may(&right.words[*other]));
        let mut place = 0;
        while let Some(&at) = self.left.open.get(place) {
            let word = &left.words[at];
            let fits = |other: &usize| is_match(word, &right.words[*other]);
            let found = if may(word) { candidates.iter().position(fits) } else { None };
            match found {
                Some(found) => self.link(at, candidates.remove(found), is_same),
                None => place += 1,
            }
        }
    }

    fn link(&mut self, left: usize, right: usize, is_same: bool) {
        self.left.set_partner(left, Partner { at: right, is_same });
        self.right.set_partner(right, Partner { at: left, is_same });
    }

    /// "snow ball" and "snowball".
    fn match_apart(&mut self) {
        fn find(some: &Side<'_>, others: &Side<'_>) -> Option<(usize, usize)> {
            some.open.windows(2).filter(|pair| pair[0] + 1 == pair[1]).find_map(|pair| {
                let (first, second) =
                    (some.question.words[pair[0]].text, some.question.words[pair[1]].text);
                let is_joined = |other: &&usize| {
                    let joined = others.question.words[**other].text;
                    match joined.split_once(' ') {
                        None => {
                            joined.len() == first.len() + second.len()
                                && joined.starts_with(first)
                                && joined.ends_with(second)
                        }
                        Some((left, right)) => {
                            (left == first || typo::is_near(left, first))
                                && (right == second || typo::is_near(right, second))
                        }
                    }
                };
                Some((pair[1], *others.open.iter().find(is_joined)?))
            })
        }
        while let Some((at, other)) = find(&self.left, &self.right) {
            self.link(at - 1, other, true);
            self.left.set_partner(at, Partner { at: other, is_same: true });
        }
        while let Some((at, other)) = find(&self.right, &self.left) {
            self.link(other, at - 1, true);
            self.right.set_partner(at, Partner { at: other, is_same: true });
        }
    }

    /// "World Health Organization" and "WHO".
    fn match_initials(&mut self) {
        fn find(some: &Side<'_>, others: &Side<'_>) -> Option<(usize, usize, usize)> {
            for at in some.alone() {
                let word = &some.question.words[at];
                let count = word.text.len();
                if !(2..=6).contains(&count)
                    || !word.text.is_ascii()
                    || !(word.is_content() || word.case == Case::Upper)
                {
                    continue;
                }
                let words = &others.question.words;
                let found = others.open.iter().find(|start| {
                    words.get(**start..**start + count).is_some_and(|words| {
                        words
                            .iter()
                            .zip(word.text.bytes())
                            .all(|(word, initial)| word.text.as_bytes().first() == Some(&initial))
                    })
                });
                if let Some(start) = found {
                    return Some((at, *start, count));
                }
            }
            None
        }
        while let Some((at, start, count)) = find(&self.left, &self.right) {
            self.link(at, start, false);
            for place in start..start + count {
                self.right.set_partner(place, Partner { at, is_same: false });
            }
        }
        while let Some((at, start, count)) = find(&self.right, &self.left) {
            self.link(start, at, false);
            for place in start..start + count {
                self.left.set_partner(place, Partner { at, is_same: false });
            }
        }
    }
}

fn is_synonym(left: &Word<'_>, right: &Word<'_>) -> bool {
    let (Some(left), Some(right)) = (left.meaning, right.meaning) else { return false };
    left.is_synonym(right) && !left.is_opposite(right)
}

/// `teach` and `teacher`, `publish` and `publication`: a long common beginning and an English ending.
fn is_family(left: &Word<'_>, right: &Word<'_>) -> bool {
    const ENDINGS: [&str; 44] = [
        "", "e", "i", "er", "or", "li", "al", "ic", "ion", "ation", "ition", "ment", "ness", "ful",
        "abl", "able", "iv", "ive", "ist", "ism", "ity", "iti", "ial", "ical", "icali", "ali",
        "anc", "enc", "ance", "ence", "ant", "ent", "ors", "ers", "ian", "ship", "ur", "ure",
        "ies", "ing", "s", "es", "th", "ar",
    ];
    let common = left.stem.bytes().zip(right.stem.bytes()).take_while(|(l, r)| l == r).count();
    if common < SHORTEST_FAMILY
        || !left.stem.is_char_boundary(common)
        || !right.stem.is_char_boundary(common)
    {
        return false;
    }
    let (left_end, right_end) = (&left.stem[common..], &right.stem[common..]);
    let is_opposite =
        || matches!((left.meaning, right.meaning), (Some(l), Some(r)) if l.is_opposite(r));
    let is_long = common >= 5 || left_end.is_empty() || right_end.is_empty();
    is_long
        && ENDINGS.contains(&left_end)
        && ENDINGS.contains(&right_end)
        && !matches!(
            (left_end, right_end),
            ("er" | "or", "e" | "ment" | "ing") | ("ful", _) | (_, "ful")
        )
        && !is_opposite()
}

/// Words that are typing errors of words of the other question, with where those stand.
#[derive(Debug)]
pub(super) struct Corrections {
    left: Vec<(usize, usize)>,
    right: Vec<(usize, usize)>,
}

impl Pair<'_> {
    /// The mistyped words of both.
    pub(super) fn corrections(&self) -> Corrections {
        let find = |side: &Side<'_>, other: &Question<'_>| {
            let pairs = side.question.words.iter().zip(&side.partners).enumerate();
            pairs
                .filter_map(|(at, (word, partner))| {
                    let right_at = (*partner)?.at;
                    let right = &other.words[right_at];
                    let is_error = word.key != right.key && !word.is_known() && right.is_known();
                    (is_error && typo::is_typo(word, right)).then_some((at, right_at))
                })
                .collect()
        };
        Corrections {
            left: find(&self.left, self.right.question),
            right: find(&self.right, self.left.question),
        }
    }
}

impl Corrections {
    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty() && self.right.is_empty()
    }

    /// Reads the words as the other question has them.
    pub(super) fn apply<'a>(self, left: &mut Question<'a>, right: &mut Question<'a>) {
        // A word that stands for another one is known, so that none of these is corrected itself.
        for (at, other) in self.left {
            left.correct(at, right.words[other].text);
        }
        for (at, other) in self.right {
            right.correct(at, left.words[other].text);
        }
    }
}
