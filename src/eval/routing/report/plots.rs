//! The two plots: quality over frontier share, and what was said beside what happened.

use crate::eval::{
    document::{Axis, Bar, Guide, Line, Mark, Plot},
    routing::{Baseline, CurvePoint, Estimate, QUALITY, Study},
};

use super::words::ROUTER;

/// Mean score by the share of prompts that go to the frontier, for every order.
pub(super) fn quality(study: &Study) -> Plot {
    let mut lines: Vec<Line> = study
        .baselines
        .iter()
        .filter_map(|(baseline, row)| Some(line(baseline.title(), class(*baseline)?, &row.curve)))
        .collect();
    let ends = vec![(0.0, study.weak_mean), (1.0, study.strong_mean)];
    lines.push(Line {
        name: Baseline::Random.title().to_owned(),
        class: "g",
        points: ends,
        band: Vec::new(),
    });
    // The last is drawn above the others.
    lines.push(line(ROUTER, "a", &study.curve));
    let heights = || lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let (lowest, highest) = (heights().fold(1.0, f64::min), heights().fold(0.0, f64::max));
    let margin = ((highest - lowest) * 0.06).max(0.005);
    let aim = QUALITY * study.strong_mean;
    Plot {
        title: "Mean score of the answers, against the share of prompts that go to the frontier"
            .to_owned(),
        x: Axis::rounded("prompts that go to the frontier", 0.0, 1.0),
        y: Axis::rounded(
            "mean score of the answers",
            (lowest - margin).max(0.0),
            (highest + margin).min(1.0),
        ),
        bars: Vec::new(),
        marks: study.figures.cost_at_95.map(|cost| mark(cost, study)).into_iter().collect(),
        guides: if aim > lowest - margin {
            vec![Guide::Level(aim, "95 % of the frontier's quality".to_owned())]
        } else {
            Vec::new()
        },
        lines,
    }
}

fn mark(cost: Estimate, study: &Study) -> Mark {
    let height = study.weak_mean.max(QUALITY * study.strong_mean);
    Mark {
        // The card and the table have the number; here it would be in the way of the guide's name.
        name: String::new(),
        class: "a",
        at: (cost.value, height),
        interval: (height, height),
    }
}

fn line(name: &str, class: &'static str, curve: &[CurvePoint]) -> Line {
    let points = curve.iter().map(|point| (point.frontier_share, point.quality)).collect();
    Line { name: name.to_owned(), class, points, band: Vec::new() }
}

/// Chance is drawn as it is expected, a straight line, in place of one draw.
fn class(baseline: Baseline) -> Option<&'static str> {
    match baseline {
        Baseline::Random => None,
        Baseline::Length => Some("e"),
        Baseline::CategoryMean => Some("f"),
        Baseline::Knn => Some("d"),
        Baseline::Logistic => Some("b"),
        Baseline::Oracle => Some("c"),
    }
}

/// Mean label by mean probability, bin by bin, with the number of prompts in each.
pub(super) fn reliability(study: &Study) -> Plot {
    let bins = &study.reliability;
    let points = bins.iter().filter_map(|bin| Some((bin.predicted?, bin.observed?))).collect();
    let bar = |bin: &crate::eval::routing::Bin| Bar {
        between: (bin.from, bin.to),
        height: bin.count as f64 / study.rows.max(1) as f64,
        label: bin.count.to_string(),
    };
    Plot {
        title: "How much the cheap model falls short, against the probability that was said"
            .to_owned(),
        x: Axis::rounded("said: probability that the cheap model is not good enough", 0.0, 1.0),
        y: Axis::rounded("happened: how much it falls short, mean", 0.0, 1.0),
        bars: bins.iter().filter(|bin| bin.count > 0).map(bar).collect(),
        lines: vec![
            Line {
                name: "as it should be".to_owned(),
                class: "g",
                points: vec![(0.0, 0.0), (1.0, 1.0)],
                band: Vec::new(),
            },
            Line { name: ROUTER.to_owned(), class: "a", points, band: Vec::new() },
        ],
        marks: Vec::new(),
        guides: Vec::new(),
    }
}
