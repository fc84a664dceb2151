//! One form for the inflections of an English word.
//!
//! Cuts endings by rule, so what comes out need not be a word; it only has to be the same for the forms of one word and
//! different for different words.

/// Forms that no rule finds, and what they are forms of.
const IRREGULAR: &[(&str, &str)] = &[
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
    ("meant", "mean"),
    ("men", "man"),
    ("met", "meet"),
    ("mice", "mouse"),
    ("paid", "pay"),
    ("ran", "run"),
    ("rang", "ring"),
    ("ridden", "ride"),
    ("rose", "rise"),
    ("risen", "rise"),
    ("said", "say"),
    ("sang", "sing"),
    ("sung", "sing"),
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
    ("analyses", "analysis"),
    ("criteria", "criterion"),
    ("indices", "index"),
    ("matrices", "matrix"),
];

/// The stem of a word in lower case: `study`, `studies` and `studying` have one, `colour` and `color` too.
pub(super) fn stem(word: &str) -> String {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word);
    if let Ok(at) = irregular(word) {
        return stem_by_rule(at);
    }
    stem_by_rule(word)
}

fn irregular(word: &str) -> Result<&'static str, ()> {
    let may_be = (2..=10).contains(&word.len()) && word.is_ascii();
    let found = may_be.then(|| IRREGULAR.iter().find(|(form, _)| *form == word)).flatten();
    found.map(|(_, base)| *base).ok_or(())
}

fn stem_by_rule(word: &str) -> String {
    let mut stem = word.to_owned();
    if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return stem;
    }
    british(&mut stem);
    plural(&mut stem);
    if let Some(length) = participle(&stem) {
        stem.truncate(length);
        undouble(&mut stem);
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    if stem.len() > 2 && stem.ends_with('y') {
        stem.pop();
        stem.push('i');
    }
    stem
}

/// British spellings become American ones where a rule is safe.
fn british(stem: &mut String) {
    if stem.len() > 5 {
        for (british, american) in
            [("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("ise", "ize")]
        {
            if stem.len() > british.len() + 3 && stem.ends_with(british) {
                stem.truncate(stem.len() - british.len());
                stem.push_str(american);
                break;
            }
        }
    }
    if let Some(at) = stem.find("our")
        && at >= 3
        && (stem.len() == at + 3
            || matches!(&stem[at + 3..], "s" | "ed" | "ing" | "ite" | "ites" | "able"))
        && !matches!(&stem[..at], "det" | "cont" | "vel")
    {
        stem.remove(at + 1);
    }
}

fn plural(stem: &mut String) {
    let cut = match stem.as_str() {
        text if text.ends_with("ies") && text.len() > 4 => {
            stem.truncate(stem.len() - 3);
            stem.push('y');
            return;
        }
        text if ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| text.ends_with(end)) => 2,
        text if text.ends_with('s')
            && !["ss", "us", "is"].iter().any(|end| text.ends_with(end)) =>
        {
            1
        }
        _ => return,
    };
    stem.truncate(stem.len() - cut);
}

/// Where "ing" or "ed" begins, if a stem with a vowel stands before it.
fn participle(stem: &str) -> Option<usize> {
    let length = ["ing", "ed"].iter().find_map(|end| stem.strip_suffix(end)).map(str::len)?;
    let has_vowel = stem[..length].contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let is_agreed = stem.ends_with("eed");
    (length >= 3 && has_vowel && !is_agreed).then_some(length)
}

/// `stopp` → `stop`, but `sell`, `press` and `buzz` stay.
fn undouble(stem: &mut String) {
    let bytes = stem.as_bytes();
    if let [.., before, last] = bytes
        && before == last
        && !matches!(last, b'l' | b's' | b'z' | b'e' | b'o')
    {
        stem.pop();
    }
    if stem.ends_with("ll") && stem.len() > 5 {
        stem.pop();
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
