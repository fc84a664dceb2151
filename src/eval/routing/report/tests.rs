//! The page says what was found, stands alone and keeps prompts to itself.

use super::*;
use crate::eval::routing::{Options, Outcome, Scored, study};

fn measured(gain: f64) -> Study {
    let rows: Vec<Outcome> = (0..60)
        .map(|index| Outcome {
            prompt: format!("secret {index}"),
            weak_score: if index % 3 == 0 { 0.0 } else { 1.0 - gain.max(0.0) / 10.0 },
            strong_score: if index % 3 == 0 { gain.max(0.0) } else { 1.0 },
            category: None,
            dup_key: None,
        })
        .collect();
    let probability = (0..60).map(|index| if index % 3 == 0 { 0.7 } else { 0.2 }).collect();
    let options = Options { seed: 1, resamples: 100 };
    study(&rows, &Scored { probability }, &vec![None; 60], options, &()).unwrap()
}

#[test]
fn the_answer_comes_first_and_nothing_is_from_outside() {
    let study = measured(1.0);
    let page = html(&study, "<b>.jsonl").replace('\u{a0}', " ");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(place(&headline(&study)) < place("class=\"plot\""));
    assert!(place("That is better than chance.") < place("class=\"plot\""));
    place("&lt;b&gt;.jsonl");
    for forbidden in ["<script", "src=", "href=", "@import", "url(", "secret", "NaN", "inf,"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http://") && !outside.contains("https://"));
}

#[test]
fn the_headline_says_when_there_is_nothing_to_route_for() {
    let page = |study: &Study| html(study, "file");
    let gapless = measured(0.0);
    assert!(headline(&gapless).contains("is not better than the cheap one"));
    assert!(!page(&gapless).contains("NaN"));
    let small = measured(0.04);
    assert!(headline(&small).starts_with("The cheap model alone has 95 %"), "{}", headline(&small));
    assert!(findings(&small).iter().any(|finding| finding.contains("have no embedding")));
}
