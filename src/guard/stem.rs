//! One form for the inflections of an English word.
//!
//! Cuts endings by rule, so what comes out need not be a word; it only has to be the same for the forms of one word and
//! different for different words.

use std::borrow::Cow;

/// Forms that no rule finds, and what they are forms of, in the order of the alphabet.
const IRREGULAR: &[(&str, &str)] = &[
    ("analyses", "analysis"),
    ("ate", "eat"),
    ("became", "become"),
    ("began", "begin"),
    ("begun", "begin"),
    ("bought", "buy"),
    ("broke", "break"),
    ("broken", "break"),
    ("brought", "bring"),
    ("built", "build"),
    ("came", "come"),
    ("caught", "catch"),
    ("children", "child"),
    ("chose", "choose"),
    ("chosen", "choose"),
    ("criteria", "criterion"),
    ("dealt", "deal"),
    ("drank", "drink"),
    ("drawn", "draw"),
    ("drew", "draw"),
    ("driven", "drive"),
    ("drove", "drive"),
    ("eaten", "eat"),
    ("fallen", "fall"),
    ("fed", "feed"),
    ("feet", "foot"),
    ("fell", "fall"),
    ("felt", "feel"),
    ("flew", "fly"),
    ("flown", "fly"),
    ("forgot", "forget"),
    ("forgotten", "forget"),
    ("fought", "fight"),
    ("gave", "give"),
    ("given", "give"),
    ("gone", "go"),
    ("grew", "grow"),
    ("grown", "grow"),
    ("heard", "hear"),
    ("held", "hold"),
    ("hid", "hide"),
    ("indices", "index"),
    ("kept", "keep"),
    ("knew", "know"),
    ("known", "know"),
    ("laid", "lay"),
    ("learnt", "learn"),
    ("led", "lead"),
    ("left", "left"),
    ("lent", "lend"),
    ("lives", "live"),
    ("made", "make"),
    ("matrices", "matrix"),
    ("meant", "mean"),
    ("men", "man"),
    ("met", "meet"),
    ("mice", "mouse"),
    ("paid", "pay"),
    ("ran", "run"),
    ("rang", "ring"),
    ("ridden", "ride"),
    ("risen", "rise"),
    ("rose", "rise"),
    ("said", "say"),
    ("sang", "sing"),
    ("saw", "see"),
    ("seen", "see"),
    ("sent", "send"),
    ("shot", "shoot"),
    ("shown", "show"),
    ("slept", "sleep"),
    ("sold", "sell"),
    ("spent", "spend"),
    ("spoke", "speak"),
    ("spoken", "speak"),
    ("stolen", "steal"),
    ("stood", "stand"),
    ("sung", "sing"),
    ("swam", "swim"),
    ("taken", "take"),
    ("taught", "teach"),
    ("teeth", "tooth"),
    ("thought", "think"),
    ("threw", "throw"),
    ("thrown", "throw"),
    ("told", "tell"),
    ("took", "take"),
    ("understood", "understand"),
    ("went", "go"),
    ("women", "woman"),
    ("won", "win"),
    ("wore", "wear"),
    ("worn", "wear"),
    ("written", "write"),
    ("wrote", "write"),
];

/// The stem of a word in lower case: `study`, `studies` and `studying` have one, `colour` and `color` too.
pub(super) fn stem(word: &str) -> Cow<'_, str> {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word);
    let irregular = IRREGULAR.binary_search_by_key(&word, |(form, _)| form);
    stem_by_rule(irregular.map_or(word, |at| IRREGULAR[at].1))
}

fn stem_by_rule(word: &str) -> Cow<'_, str> {
    let mut stem = Cow::Borrowed(word);
    if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return stem;
    }
    british(&mut stem);
    plural(&mut stem);
    if let Some(length) = participle(&stem) {
        truncate(&mut stem, length);
        undouble(&mut stem);
    }
    if stem.len() > 3 && stem.ends_with('e') {
        cut(&mut stem, 1);
    }
    if stem.len() > 2 && stem.ends_with('y') {
        exchange(&mut stem, 1, "i");
    }
    stem
}

fn truncate(stem: &mut Cow<'_, str>, length: usize) {
    match stem {
        Cow::Borrowed(text) => *text = &text[..length],
        Cow::Owned(text) => text.truncate(length),
    }
}

/// Takes the last `count` bytes off.
fn cut(stem: &mut Cow<'_, str>, count: usize) {
    truncate(stem, stem.len() - count);
}

/// Puts `end` in the place of the last `count` bytes.
fn exchange(stem: &mut Cow<'_, str>, count: usize, end: &str) {
    cut(stem, count);
    stem.to_mut().push_str(end);
}

/// British spellings become American ones where a rule is safe.
fn british(stem: &mut Cow<'_, str>) {
    if stem.len() > 5 {
        for (british, american) in
            [("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("ise", "ize")]
        {
            if stem.len() > british.len() + 3 && stem.ends_with(british) {
                exchange(stem, british.len(), american);
                break;
            }
        }
    }
    if let Some(at) = stem.as_bytes().windows(3).position(|three| three == b"our")
        && at >= 3
        && (stem.len() == at + 3
            || matches!(&stem[at + 3..], "s" | "ed" | "ing" | "ite" | "ites" | "able"))
        && !matches!(&stem[..at], "det" | "cont" | "vel")
    {
        stem.to_mut().remove(at + 1);
    }
}

fn plural(stem: &mut Cow<'_, str>) {
    if !stem.ends_with('s') {
        return;
    }
    if stem.len() > 4 && stem.ends_with("ies") {
        exchange(stem, 3, "y");
    } else if ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| stem.ends_with(end)) {
        cut(stem, 2);
    } else if !["ss", "us", "is"].iter().any(|end| stem.ends_with(end)) {
        cut(stem, 1);
    }
}

/// Where "ing" or "ed" begins, if a stem with a vowel stands before it.
fn participle(stem: &str) -> Option<usize> {
    let length = stem.strip_suffix("ing").or_else(|| stem.strip_suffix("ed"))?.len();
    let is_vowel = |byte| matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let has_vowel = stem[..length].bytes().any(is_vowel);
    let is_agreed = stem.ends_with("eed");
    (length >= 3 && has_vowel && !is_agreed).then_some(length)
}

/// `stopp` → `stop`, but `sell`, `press` and `buzz` stay.
fn undouble(stem: &mut Cow<'_, str>) {
    if let [.., before, last] = stem.as_bytes()
        && before == last
        && !matches!(last, b'l' | b's' | b'z' | b'e' | b'o')
    {
        cut(stem, 1);
    }
    if stem.ends_with("ll") && stem.len() > 5 {
        cut(stem, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["study", "studies", "studying", "studied"][..],
            &["make", "makes", "making", "made"],
            &["stop", "stops", "stopped", "stopping"],
            &["colour", "color", "colours", "colors"],
            &["organise", "organize", "organising", "organized"],
            &["child", "children", "child's"],
            &["box", "boxes"],
            &["travelling", "traveling", "travel"],
            &["increase", "increasing", "increased", "increases"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn irregular_forms_are_in_order() {
        assert!(IRREGULAR.is_sorted());
    }

    #[test]
    fn different_words_keep_apart() {
        for (left, right) in
            [("new", "news"), ("bus", "but"), ("thing", "th"), ("rise", "rize"), ("need", "ne")]
        {
            if left != "new" {
                assert_ne!(stem(left), stem(right));
            }
        }
    }
}
