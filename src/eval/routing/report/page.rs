//! The page, from the answer down to the method.

use super::{
    plots,
    words::{self, HEAD, ROUTER, cells},
};
use crate::eval::{
    document::{self, Table, card, escaped, percent, section},
    routing::{BINS, Baseline, Estimate, Figures, Study},
};

pub(super) fn page(study: &Study, file: &str) -> String {
    let mut body = answer(study, file);
    body.push_str(&section("Quality for frontier calls", &quality(study)));
    body.push_str(&section("All figures", &figures(study)));
    body.push_str(&section("Do the probabilities mean what they say?", &reliability(study)));
    body.push_str(&section("How this was worked out", &method(study)));
    document::page("Scrimp: how well prompts are routed", &body)
}

fn answer(study: &Study, file: &str) -> String {
    let Study { rows, weak_mean, strong_mean, gap, figures, .. } = study;
    let mut cards = card(
        &format!("{:+.3}", gap.value),
        "that the frontier adds",
        &format!("mean score {weak_mean:.3} → {strong_mean:.3}, {rows} prompts"),
    );
    let mut figure = |estimate: Option<Estimate>, label: &str, write: fn(f64) -> String| {
        if let Some(Estimate { value, low, high }) = estimate {
            let interval = format!("95 % interval {} to {}", write(low), write(high));
            cards.push_str(&card(&write(value), label, &interval));
        }
    };
    let plain = |value: f64| format!("{value:.3}");
    figure(figures.cost_at_95, "to the frontier for 95 % of its quality", percent);
    figure(figures.apgr, "APGR (chance: 0.5)", plain);
    figure(figures.auc, "AUC (chance: 0.5)", plain);
    let findings: String = words::findings(study)
        .iter()
        .map(|finding| format!("<p>{}</p>", escaped(finding)))
        .collect();
    format!(
        "<p class=\"over\">scrimp route eval</p>\n<h1>{}</h1>\n<p class=\"faint\">{}</p>\n<div class=\"cards\">{cards}</div>\n\
         <div class=\"note\">{findings}</div>\n",
        escaped(&words::headline(study)),
        escaped(file)
    )
}

fn quality(study: &Study) -> String {
    format!(
        "<p>Every share of frontier calls is a bargain: more calls to the right, better answers upwards. An order is good when its \
         curve rises early, far above the straight line of chance. Nothing can be above the oracle, which knows the scores.</p>\n\
         <figure>{}<figcaption>The dot is the smallest share with which {ROUTER} has 95 % of the frontier's mean score.</figcaption>\
         </figure>\n",
        plots::quality(study).inline()
    )
}

fn figures(study: &Study) -> String {
    let mut table = Table::new(&HEAD);
    let mut row = |class: &str, name: &str, about: &str, figures: &Figures, lead| {
        let cell = |figure| match figure {
            Some((value, interval)) => {
                format!("<span class=\"nowrap\">{value}<br><small>{interval}</small></span>")
            }
            None => "–".to_owned(),
        };
        let name = format!("<b>{name}</b><br><small>{about}</small>");
        let cells: Vec<String> =
            std::iter::once(name).chain(cells(figures, lead).map(cell)).collect();
        table.row(class, &cells);
    };
    row("ours", ROUTER, "the shipped classifier", &study.figures, None);
    for (baseline, against) in &study.baselines {
        row("", baseline.title(), baseline.about(), &against.figures, against.router_lead);
    }
    table.end()
}

fn reliability(study: &Study) -> String {
    format!(
        "<p>Prompts in {BINS} bins by the probability that was said. Where the curve is above the line the router is too \
         sure of the cheap model, below it too doubtful. Columns are the share of prompts in each bin, with their number.</p>\n\
         <figure>{}</figure>\n",
        plots::reliability(study).inline()
    )
}

fn method(study: &Study) -> String {
    let Study { rows, groups, resamples, seed, .. } = study;
    let learnt: Vec<&str> = study
        .baselines
        .keys()
        .filter(|one| one.learns())
        .map(|one| Baseline::title(*one))
        .collect();
    let learnt = if learnt.is_empty() { "none here".to_owned() } else { learnt.join(", ") };
    format!(
        "<p>Each prompt has the score of a cheap model's answer and that of a frontier model's. An order of the prompts says which go \
         to the frontier first; the mean score at every share follows. Of equal scores, every order is as likely.</p>\n<dl>\
         <dt>Gap recovered (PGR)</dt><dd>(routed − cheap) / (frontier − cheap), in mean scores. Above 100 % where an order leaves prompts to the \
         cheap model that it answers better.</dd>\
         <dt>APGR</dt><dd>Its mean over all shares of frontier calls: 0.5 for chance.</dd>\
         <dt>Half the gap at, 80 % of the gap at (CPT)</dt><dd>The smallest share of frontier calls that recovers so much. \
         PGR, APGR and CPT are those of RouteLLM (Ong et al. 2024, arXiv 2406.18665).</dd>\
         <dt>95 % of the quality at</dt><dd>The smallest share of frontier calls with 95 % of the frontier’s mean score; 0 when the cheap \
         model alone has it.</dd>\
         <dt>AUC</dt><dd>How often a prompt that the cheap model answers worse is before one that it does not. A prompt counts as worse \
         by as much as the frontier’s score is higher.</dd>\
         <dt>ECE</dt><dd>Expected calibration error over {BINS} bins of equal width: how far what was said is from what happened. For \
         orders that say a probability.</dd>\
         <dt>95 % interval</dt><dd>Percentiles over {resamples} resamples of the {rows} prompts; prompts of one key are drawn together \
         ({groups} groups). What was fitted is not fitted again.</dd>\
         <dt>Baselines that learn ({learnt})</dt><dd>They are scored on prompts that they have not seen: in five parts, each by what was \
         learnt on the other four. The router has seen none of the outcomes, unless its training data has.</dd>\
         </dl>\n<p class=\"faint\">Seed {seed}. The same file, models and seed give the same report.</p>\n"
    )
}
