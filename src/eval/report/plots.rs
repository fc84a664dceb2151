//! The two plots: precision against hits, and hits against budget.

use super::words;
use crate::eval::{
    document::{Axis, Guide, Line, Mark, Plot},
    offline::{Curve, CurvePoint, Policy, Score, Study},
};

/// All plots, with their names.
pub(super) fn all(study: &Study) -> Vec<(&'static str, Plot)> {
    vec![("precision", precision(study)), ("budget", budget(study))]
}

/// A point of a curve with fewer judged hits than this is too uncertain to draw.
const FEWEST_HITS: u64 = 20;

/// How right the hits are (precision), by how many there are: one curve over all thresholds, a point for each policy.
pub(super) fn precision(study: &Study) -> Plot {
    let lines: Vec<Line> = study.curves.iter().map(precision_line).collect();
    let marks: Vec<Mark> = study.policies.iter().filter_map(precision_mark).collect();
    let shown = || {
        let points = lines.iter().flat_map(|line| line.points.iter().copied());
        points.chain(marks.iter().map(|mark| mark.at))
    };
    let most = shown().map(|point| point.0).fold(0.01, f64::max);
    let least = shown().map(|point| point.1).fold(1.0 - 2.0 * study.max_wrong, f64::min);
    Plot {
        title: "Precision of the answers served by meaning, against their share of all requests"
            .to_owned(),
        x: Axis::rounded("requests answered by meaning", 0.0, most * 1.04),
        y: Axis::rounded("right, of the answers served by meaning", (least - 0.02).max(0.0), 1.0),
        bars: Vec::new(),
        lines,
        marks,
        guides: vec![Guide::Level(
            1.0 - study.max_wrong,
            format!("budget: {} wrong", words::budget(study.max_wrong)),
        )],
    }
}

fn precision_line(curve: &Curve) -> Line {
    let (name, class) = of_score(curve.score);
    let certain = |point: &&CurvePoint| point.measures.wrong_hit_rate.of >= FEWEST_HITS;
    let points = || curve.points.iter().filter(certain);
    let x = |point: &CurvePoint| point.measures.semantic_hit_rate.value;
    let band = points().map(|point| {
        let wrong = &point.measures.wrong_hit_rate;
        (x(point), 1.0 - wrong.high, 1.0 - wrong.low)
    });
    Line {
        name,
        class,
        points: points()
            .map(|point| (x(point), 1.0 - point.measures.wrong_hit_rate.value))
            .collect(),
        band: if curve.score == Score::Confidence { band.collect() } else { Vec::new() },
    }
}

fn precision_mark(row: &crate::eval::offline::PolicyRow) -> Option<Mark> {
    let (wrong, hits) = (&row.measures.wrong_hit_rate, &row.measures.semantic_hit_rate);
    let threshold = row.threshold.filter(|_| wrong.of > 0)?;
    let (name, class) = match row.policy {
        Policy::Scrimp => ("scrimp, recommended".to_owned(), "a"),
        policy => (format!("{policy} ({:.2})", threshold.least), "b"),
    };
    Some(Mark {
        name,
        class,
        at: (hits.value, 1.0 - wrong.value),
        interval: (1.0 - wrong.high, 1.0 - wrong.low),
    })
}

/// The share of requests answered from the cache, by the budget that is allowed.
pub(super) fn budget(study: &Study) -> Plot {
    const FROM: f64 = 0.002;
    const TO: f64 = 0.3;
    let exact = study.exact.hit_rate.value;
    let mut lines: Vec<Line> =
        study.curves.iter().map(|curve| budget_line(curve, exact, FROM, TO)).collect();
    lines.push(Line {
        name: "exact repeats only".to_owned(),
        class: "c",
        points: vec![(FROM, exact), (TO, exact)],
        band: Vec::new(),
    });
    let most = lines.iter().flat_map(|line| &line.points).map(|point| point.1).fold(0.01, f64::max);
    let ticks = vec![0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
    Plot {
        title: "Share of requests answered from the cache, against the budget for wrong answers"
            .to_owned(),
        x: Axis {
            label: "wrong, of the answers served by meaning (budget)",
            from: FROM,
            to: TO,
            ticks,
            logarithmic: true,
        },
        y: Axis::rounded("requests answered from the cache", 0.0, most * 1.08),
        bars: Vec::new(),
        lines,
        marks: study
            .choice
            .iter()
            .map(|choice| Mark {
                name: "recommended".to_owned(),
                class: "a",
                at: (study.max_wrong, choice.measures.hit_rate.value),
                interval: (choice.measures.hit_rate.low, choice.measures.hit_rate.high),
            })
            .collect(),
        guides: vec![Guide::Place(
            study.max_wrong,
            format!("your budget: {}", words::budget(study.max_wrong)),
        )],
    }
}

/// The most hits at every budget: a staircase.
fn budget_line(curve: &Curve, exact: f64, from: f64, to: f64) -> Line {
    let (name, class) = of_score(curve.score);
    let judged = curve.points.iter().filter(|point| point.measures.wrong_hit_rate.of > 0);
    let mut reached: Vec<(f64, f64)> = judged
        .map(|point| (point.measures.wrong_hit_rate.value, point.measures.hit_rate.value))
        .collect();
    reached.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut best = exact;
    let mut points = Vec::new();
    for (wrong, hits) in reached {
        if hits <= best || wrong > to {
            continue;
        }
        if wrong > from {
            if points.is_empty() {
                points.push((from, best));
            }
            points.push((wrong, best));
            points.push((wrong, hits));
        }
        best = hits;
    }
    if points.is_empty() {
        points.push((from, best));
    }
    points.push((to, best));
    Line { name, class, points, band: Vec::new() }
}

fn of_score(score: Score) -> (String, &'static str) {
    match score {
        Score::Confidence => ("Scrimp's confidence".to_owned(), "a"),
        Score::Cosine => ("cosine alone".to_owned(), "b"),
    }
}
