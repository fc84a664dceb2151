//! The page, from the answer down to the method.

use super::{
    Report, plots, tables,
    words::{self, usd},
};
use crate::eval::{
    document::{self, card, escaped, percent, section},
    offline::{Measures, Study},
};

pub(super) fn page(report: &Report<'_>) -> String {
    let Report { study, log, settings, judge: _ } = *report;
    let mut body = answer(study);
    body.push_str(&section("The settings", &recommendation(study, settings)));
    body.push_str(&section("How right, for how many?", &precision(study)));
    body.push_str(&section("What a larger or smaller budget buys", &budget(study)));
    body.push_str(&section("Does it hold on other requests?", &splits(study)));
    let kinds = tables::kinds(study);
    if !kinds.is_empty() {
        let lead =
            "<p>With the recommended settings, by the kinds that the log itself names.</p>\n";
        body.push_str(&section("By kind of request", &format!("{lead}{kinds}")));
    }
    body.push_str(&section("The worst wrong answers", &wrong_hits(study)));
    body.push_str(&section("What was read", &read(study, &tables::left_out(log), log.rows)));
    body.push_str(&section("How this was worked out", &method(report)));
    document::page("Scrimp: what a cache would have saved", &body)
}

fn answer(study: &Study) -> String {
    let measures = expected(study);
    let Measures { hit_rate, exact_hit_rate, semantic_hit_rate, wrong_hit_rate, money, .. } =
        measures;
    let mut cards = card(
        &percent(hit_rate.value),
        "answered from the cache",
        &format!("{} of {} requests", hit_rate.count, hit_rate.of),
    );
    cards.push_str(&card(
        &percent(semantic_hit_rate.value),
        "by meaning",
        "the same question in other words",
    ));
    cards.push_str(&card(
        &percent(exact_hit_rate.value),
        "by the same request",
        "letter for letter; always right",
    ));
    if wrong_hit_rate.of > 0 {
        let detail = format!(
            "{} of {}; 95 % interval {:.1} to {:.1} %",
            wrong_hit_rate.count,
            wrong_hit_rate.of,
            wrong_hit_rate.low * 100.0,
            wrong_hit_rate.high * 100.0
        );
        cards.push_str(&card(
            &percent(wrong_hit_rate.value),
            "wrong, of those by meaning",
            &detail,
        ));
    }
    if let Some(money) = money {
        let detail = format!("of {}{}", usd(money.spent_usd), unpriced(money.unpriced));
        cards.push_str(&card(&usd(money.net_saved_usd), "saved", &detail));
    }
    format!(
        "<p class=\"over\">scrimp tune</p>\n<h1>{}</h1>\n<div class=\"cards\">{cards}</div>\n{}",
        escaped(&words::headline(study)),
        meaning(study)
    )
}

fn unpriced(requests: u64) -> String {
    if requests == 0 { String::new() } else { format!("; {requests} requests have no known price") }
}

/// What the recommendation does; exact repeats where there is none.
fn expected(study: &Study) -> &Measures {
    study.choice.as_ref().map_or(&study.exact, |choice| &choice.measures)
}

fn meaning(study: &Study) -> String {
    format!(
        "<div class=\"note\"><p>A cache keeps the answers of your language model. When a request comes again, letter for letter, it \
         gives the kept answer: an <b>exact hit</b>, free and always right. When a question comes again <em>in other words</em>, it can \
         do the same: a <b>semantic hit</b>. But two questions that look alike may want different answers (“refund of order 17”, “refund \
         of order 71”), and then the kept answer is <b>wrong</b>.</p>\
         <p>The <b>budget</b> says how much of that you accept: {} wrong means that of a hundred answers served by meaning at most {} \
         may be an answer to another question. A stricter budget serves fewer requests from the cache.</p></div>\n",
        words::budget(study.max_wrong),
        hundredfold(study.max_wrong)
    )
}

fn hundredfold(share: f64) -> String {
    format!("{}", (share * 1e8).round() / 1e6)
}

fn recommendation(study: &Study, settings: &str) -> String {
    let lead = match &study.choice {
        Some(choice) => format!(
            "Put this into <code>scrimp.yaml</code>. If these requests came again, the gateway should answer {} of them from its cache{}.",
            percent(choice.measures.hit_rate.value),
            choice.measures.money.map_or_else(String::new, |money| format!(" and save {}", usd(money.net_saved_usd)))
        ),
        None => "There is too little evidence on this log for any matching by meaning within the budget, so these settings serve exact \
                 repeats only. More requests with labels or answers, or a larger budget, may change that."
            .to_owned(),
    };
    format!("<p>{lead}</p>\n<pre>{}</pre>\n", escaped(settings))
}

fn precision(study: &Study) -> String {
    format!(
        "<p>Every threshold is a bargain: the lower it is, the more requests are answered by meaning (to the right) and the more of those \
         answers are wrong (downwards). A better judge of questions keeps its curve higher for longer. Points are fixed rules as other \
         caches ship them, with the same embedding model; below the dashed line a rule breaks your budget.</p>\n\
         <figure>{}<figcaption>The band and the bars are 95 % intervals: the fewer hits, the wider. Thresholds with fewer than 20 judged \
         hits are not drawn.</figcaption></figure>\n{}",
        plots::precision(study).inline(),
        tables::policies(study)
    )
}

fn budget(study: &Study) -> String {
    format!(
        "<p>How many requests the cache could answer if you allowed more, or fewer, wrong answers. The curves are drawn <em>in \
         hindsight</em>: with the threshold that turned out best on this very log. “Supported by the evidence” is what one can rely on: a \
         threshold counts only when it would keep the budget even if its next answer were wrong.</p>\n\
         <figure>{}<figcaption>The horizontal axis is logarithmic.</figcaption></figure>\n{}",
        plots::budget(study).inline(),
        tables::budgets(study)
    )
}

fn splits(study: &Study) -> String {
    format!(
        "<p>A threshold that was chosen on some requests may fail on others. So it is chosen on one half of the log and measured on the \
         other. <b>Random halves</b> are alike: what fails there was luck. <b>Earlier and later half</b> shows what happens when traffic \
         changes with time: if it holds at random but not over time, your traffic drifts, and <code>scrimp tune</code> should be run \
         again on fresh logs.</p>\n{}",
        tables::splits(study)
    )
}

fn wrong_hits(study: &Study) -> String {
    let wrong = expected(study).wrong_hit_rate.count;
    let listed = tables::wrong_hits(study);
    match (wrong, listed.is_empty()) {
        (0, _) => "<p>There are none with the recommended settings.</p>\n".to_owned(),
        (wrong, true) => format!(
            "<p>There are {wrong} with the recommended settings. They are not listed, as the words of your users are private; \
             <code>--show-questions</code> lists them.</p>\n"
        ),
        (wrong, false) => format!(
            "<p>Of {wrong} with the recommended settings, those that the judge was most sure of. This list holds words from your \
             logs: share the report accordingly.</p>\n{listed}"
        ),
    }
}

fn read(study: &Study, left_out: &str, rows: u64) -> String {
    let Study { requests, distinct_requests, labelled, answered, from, until, .. } = study;
    let times = match (from, until) {
        (Some(from), Some(until)) => format!(", from {} to {}", escaped(from), escaped(until)),
        _ => String::new(),
    };
    let order = if from.is_some() {
        ""
    } else {
        " The log has no times: requests are taken in the order of the file, and no answer expires."
    };
    format!(
        "<p>{rows} rows, {requests} requests{times}; {distinct_requests} of them differ from each other. {labelled} carry a label that \
         says which others share their answer, {answered} carry their answer.{order}</p>\n{left_out}"
    )
}

fn method(report: &Report<'_>) -> String {
    let Study { seed, .. } = report.study;
    format!(
        "<p>The log is replayed against a simulated cache that is empty at first. Each request is looked up as the gateway would: the very \
         same request first, then the nearest stored questions among requests that are equal in everything else (caller, model, system \
         prompt, earlier turns, tools, sampling). A request that is not served is stored with its answer. What is stored depends on what was \
         served, so every threshold and every policy is a replay of its own. Pairs are judged by {}.</p>\n\
         <dl>\
         <dt>Hit rate</dt><dd>Requests answered from the cache, of all requests: exact and semantic hits.</dd>\
         <dt>Wrong-hit rate</dt><dd>Wrong semantic hits, of the semantic hits that can be judged. The budget is a promise about this \
         number.</dd>\
         <dt>Wrong, of all requests</dt><dd>Wrong semantic hits, of all requests; papers call it the unsafe-served rate. It is smaller, and \
         gets smaller by serving less: no measure of how trustworthy a hit is.</dd>\
         <dt>Right or wrong?</dt><dd>By the labels where both requests have one; else by comparing their logged answers; else the hit is not \
         judged, and not counted in the wrong-hit rate.</dd>\
         <dt>95 % interval</dt><dd>Where the true share lies, were there endless traffic of this kind (Wilson’s score interval).</dd>\
         <dt>Supported by the evidence</dt><dd>A threshold with (wrong + 1) / (judged + 1) within the budget; of these the one that serves most is recommended. A budget of 1 % so \
         needs at least 99 judged hits.</dd>\
         <dt>Saved</dt><dd>The cost of the requests that were answered from the cache, as logged or from their tokens at shipped prices, \
         less what embedding costs.</dd>\
         <dt>Policies</dt><dd>The others are rules, not products: their threshold over the same embedding model and the same partitions. \
         Their own models, stores and keys would change the numbers.</dd>\
         </dl>\n<p class=\"faint\">Random halves by seed {seed}. The same log, models and seed give the same report.</p>\n",
        escaped(report.judge)
    )
}
