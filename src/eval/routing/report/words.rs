//! Figures and findings in plain words, for the report and the terminal.

use crate::eval::{
    document::percent,
    routing::{Baseline, Estimate, Figures, QUALITY, Study},
};

/// The name of what is measured, beside those of the baselines.
pub const ROUTER: &str = "scrimp";

/// The head of a table of figures; its rows are a name and [`cells`].
pub const HEAD: [&str; 8] = [
    "order",
    "APGR",
    "AUC",
    "half of\nthe gap at",
    "80 % of\nthe gap at",
    "95 % of the\nquality at",
    "ECE",
    "scrimp's lead\nin APGR",
];

/// The cells of a row: value and interval, as `("0.612", "[0.598, 0.627]")`; `None` where a figure is not defined. The lead
/// is that over a baseline.
pub fn cells(figures: &Figures, lead: Option<Estimate>) -> [Option<(String, String)>; 7] {
    let plain = |estimate: Option<Estimate>| {
        let number = |value: f64| format!("{value:.3}");
        estimate.map(|Estimate { value, low, high }| {
            (number(value), format!("[{}, {}]", number(low), number(high)))
        })
    };
    let share = |estimate: Option<Estimate>| {
        let number = |value: f64| format!("{:.1}", value * 100.0);
        estimate.map(|Estimate { value, low, high }| {
            (percent(value), format!("[{}, {}]", number(low), number(high)))
        })
    };
    let Figures { apgr, auc, cpt50, cpt80, cost_at_95, ece } = *figures;
    [
        plain(apgr),
        plain(auc),
        share(cpt50),
        share(cpt80),
        share(cost_at_95),
        plain(ece),
        plain(lead),
    ]
}

/// The answer in one sentence.
pub fn headline(study: &Study) -> String {
    let Study { weak_mean, strong_mean, .. } = study;
    let share = |figures: &Figures| figures.cost_at_95.map_or(1.0, |cost| cost.value);
    if study.figures.apgr.is_none() {
        return format!(
            "On these prompts the frontier model is not better than the cheap one (mean score {strong_mean:.3} against \
             {weak_mean:.3}): there is nothing to route for."
        );
    }
    if share(&study.figures) <= 0.0 {
        return format!(
            "The cheap model alone has 95 % of the frontier's quality on these prompts (mean score {weak_mean:.3} against \
             {strong_mean:.3}): none of them has to go to the frontier."
        );
    }
    let oracle = study.baselines.get(&Baseline::Oracle).map_or(0.0, |row| share(&row.figures));
    format!(
        "{} of these prompts go to the frontier for 95 % of its quality; picked by chance it would take {}, with perfect \
         knowledge {}.",
        percent(share(&study.figures)),
        percent((QUALITY * strong_mean - weak_mean) / (strong_mean - weak_mean)),
        percent(oracle)
    )
}

/// What else is worth knowing, a sentence or two each.
pub fn findings(study: &Study) -> Vec<String> {
    [order(study), learning(study), gap(study), calibration(study), vectors(study)]
        .into_iter()
        .flatten()
        .collect()
}

fn order(study: &Study) -> Option<String> {
    let apgr = study.figures.apgr?;
    let oracle = study.baselines.get(&Baseline::Oracle)?.figures.apgr?;
    let verdict = match () {
        () if apgr.low > 0.5 => "That is better than chance.",
        () if apgr.high < 0.5 => {
            "That is worse than chance: on these prompts the order is upside down."
        }
        () => "On this many prompts that cannot be told from chance.",
    };
    Some(format!(
        "Averaged over all shares of frontier calls, the router recovers {} of the gap between the two models (APGR {:.3}); \
         chance recovers 50 %, perfect knowledge {}. {verdict}",
        percent(apgr.value),
        apgr.value,
        percent(oracle.value)
    ))
}

/// How the router compares with the best that was learnt on these very prompts.
fn learning(study: &Study) -> Option<String> {
    let learnt = study.baselines.iter().filter(|(baseline, _)| baseline.learns());
    let (best, apgr, lead) = learnt
        .filter_map(|(baseline, row)| Some((baseline, row.figures.apgr?.value, row.router_lead?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let verdict = match () {
        () if lead.low > 0.0 => "the router, which has not seen them, is ahead",
        () if lead.high < 0.0 => {
            "more than the router, which has not seen them: outcomes like these would make it better"
        }
        () => "the router, which has not seen them, cannot be told from it",
    };
    Some(format!(
        "Of what can be learnt from these outcomes, {} reaches APGR {apgr:.3}: {verdict}.",
        best.title()
    ))
}

fn gap(study: &Study) -> Option<String> {
    let Estimate { value, low, high } = study.gap;
    (study.figures.apgr.is_some() && low <= 0.0).then(|| {
        format!(
            "The frontier's lead over the cheap model, {value:.3} ({low:.3} to {high:.3}), may be chance: figures that divide \
             by it say little."
        )
    })
}

fn calibration(study: &Study) -> Option<String> {
    let ece = study.figures.ece?;
    Some(format!(
        "The probabilities are off by {:.1} points on average (expected calibration error).",
        ece.value * 100.0
    ))
}

fn vectors(study: &Study) -> Option<String> {
    let Study { without_vector, rows, .. } = study;
    (*without_vector > 0).then(|| {
        format!("{without_vector} of {rows} prompts have no embedding: they are judged without it.")
    })
}
