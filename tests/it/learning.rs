//! The router at work: it compares tiers, learns from what comes of it, checks first answers, and keeps to its money.

use std::time::Duration;

use scrimp::{app::App, cache::Clock, config::Config};
use serde_json::{Value, json};

use crate::support::{Answer, Gateway, Recorded, Reply, Upstream, completion};

/// Prices that make a token of the cheap model cost 1 nano-USD, of the frontier 10, so that money shows.
const TIERS: &str = "tiers: { cheap: [p/small], frontier: [p/large] }\n\
    upstream: { retries: 0 }\n\
    cache: { enabled: false }\n\
    prices: { p/small: { input: 0.001 USD/M, output: 0.001 USD/M }, p/large: { input: 0.01 USD/M, output: 0.01 USD/M } }";

fn auto(question: &str) -> Value {
    json!({"model": "auto", "messages": [{"role": "user", "content": question}]})
}

fn model(request: &Recorded) -> String {
    request.json()["model"].as_str().unwrap_or_default().to_owned()
}

/// A provider whose small model is right about everything but rivers; `large` is always right.
async fn two_models() -> Upstream {
    Upstream::start(|request| {
        let body = request.json();
        let question = body["messages"][0]["content"].as_str().unwrap_or_default().to_owned();
        let wrong = body["model"] == "small" && question.contains("river");
        request.reply(if wrong { "I'm sorry, but I can't help with that." } else { "It is 42." })
    })
    .await
}

/// Compares every request, whatever it costs.
fn comparing(more: &str) -> String {
    format!("{TIERS}\nrouter: {{ shadow_share: 100%, shadow_spend: 100 USD/day, {more} }}")
}

async fn outcomes(gateway: &Gateway, source: &str, verdict: &str) -> u64 {
    gateway.app().gateway().checks_done().await;
    gateway
        .metric(&format!("scrimp_outcomes_total{{source=\"{source}\",verdict=\"{verdict}\"}}"))
        .await
}

async fn standing(gateway: &Gateway) -> Value {
    gateway.app().gateway().checks_done().await;
    gateway.admin_json("/admin/router").await
}

#[tokio::test]
async fn a_comparison_gives_the_caller_the_frontiers_answer_and_teaches_the_router() {
    for stream in [false, true] {
        let upstream = two_models().await;
        let gateway = Gateway::before(&upstream, &comparing("threshold: 100%")).await;
        let mut body = auto("how long is the longest river");
        body["stream"] = stream.into();
        let answer = gateway.chat(&body).await;
        assert_eq!(answer.header("x-scrimp-tier"), "frontier");
        assert!(answer.header("x-scrimp-reason").ends_with("; compared with the cheap tier"));
        assert!(answer.body.contains("42"), "{}", answer.body);
        assert_eq!(outcomes(&gateway, "shadow", "bad").await, 1);
        gateway.chat(&auto("how high is the mountain")).await;
        assert_eq!(outcomes(&gateway, "shadow", "good").await, 1);
        let asked: Vec<String> = upstream.requests().iter().map(model).collect();
        assert_eq!(asked, ["large", "small", "large", "small"]);
        // The lower tier is asked for an answer in one piece, of a length that was paid for.
        let lower = upstream.requests()[1].json();
        assert_eq!((&lower["stream"], &lower["max_tokens"]), (&Value::Null, &json!(4096)));
        let standing = standing(&gateway).await;
        assert_eq!(standing["all"]["comparisons"], 2, "{standing}");
        assert_eq!(standing["scopes"][0]["standing"]["outcomes"]["shadow"], 2, "{standing}");
    }
}

#[tokio::test]
async fn what_a_comparison_costs_is_counted_and_capped() {
    let upstream = two_models().await;
    // The caller's limit is 10 tokens; the question about 10: room for one comparison, not for two.
    let yaml = format!(
        "{TIERS}\nrouter: {{ shadow_share: 100%, shadow_spend: 0.0000003 USD/day, threshold: 100% }}"
    );
    let gateway = Gateway::before(&upstream, &yaml).await;
    let mut body = auto("how high is the mountain");
    body["max_tokens"] = 10.into();
    for _ in 0..6 {
        gateway.chat(&body).await;
        gateway.app().gateway().checks_done().await;
    }
    let standing = standing(&gateway).await;
    let spent: f64 = standing["shadow"]["spent_today_usd"].as_str().unwrap().parse().unwrap();
    assert!(spent > 0.0 && spent <= 0.000_000_3, "{standing}");
    let compared = standing["all"]["comparisons"].as_u64().unwrap();
    assert!((1..6).contains(&compared), "{standing}");
    assert_eq!(gateway.metric("scrimp_shed_total{reason=\"shadow_spend\"}").await, 6 - compared);
    gateway.advance(Duration::from_secs(86_400));
    gateway.chat(&body).await;
    assert_eq!(self::standing(&gateway).await["all"]["comparisons"], compared + 1);
}

#[tokio::test]
async fn without_a_price_or_a_share_nothing_is_compared() {
    for (yaml, shed) in [
        (
            comparing("threshold: 100%")
                .replace("p/small: { input: 0.001 USD/M, output: 0.001 USD/M }, ", ""),
            1,
        ),
        (format!("{TIERS}\nrouter: {{ shadow_share: 0%, threshold: 100% }}"), 0),
        (format!("{TIERS}\nrouter: {{ learn: false, shadow_share: 100%, threshold: 100% }}"), 0),
    ] {
        let upstream = two_models().await;
        let gateway = Gateway::before(&upstream, &yaml).await;
        let answer = gateway.chat(&auto("how high is the mountain")).await;
        assert_eq!(answer.header("x-scrimp-tier"), "cheap");
        assert_eq!(standing(&gateway).await["all"]["comparisons"], 0);
        assert_eq!(gateway.metric("scrimp_shed_total{reason=\"shadow_unpriced\"}").await, shed);
        assert_eq!(upstream.calls(), 1);
    }
}

#[tokio::test]
async fn who_asks_again_was_not_content() {
    let upstream = two_models().await;
    let yaml = format!("{TIERS}\nrouter: {{ threshold: 100%, shadow_share: 0% }}");
    let gateway = Gateway::before(&upstream, &yaml).await;
    let question = auto("how high is the mountain");
    gateway.chat(&question).await;
    // The same again is not a complaint; wanting the frontier, or a fresh answer, is, and once.
    gateway.chat(&question).await;
    assert_eq!(outcomes(&gateway, "escalation", "bad").await, 0);
    let mut better = question.clone();
    better["model"] = "auto:frontier".into();
    gateway.chat(&better).await;
    gateway.chat(&better).await;
    assert_eq!(outcomes(&gateway, "escalation", "bad").await, 1);
    gateway.chat(&question).await;
    gateway.chat_as("key", &[("cache-control", "no-cache")], &question).await;
    assert_eq!(outcomes(&gateway, "escalation", "bad").await, 1, "another caller's");
    let mut named = question.clone();
    named["model"] = "p/large".into();
    gateway.chat(&named).await;
    assert_eq!(outcomes(&gateway, "escalation", "bad").await, 2);
    gateway.chat(&auto("another one")).await;
    gateway.advance(Duration::from_secs(1));
    let report = standing(&gateway).await;
    assert_eq!(report["all"]["complaints"], 2, "{report}");
}

#[tokio::test]
async fn a_callers_verdict_on_a_routed_answer_counts() {
    let upstream = two_models().await;
    let yaml = format!("{TIERS}\nrouter: {{ threshold: 100%, shadow_share: 0% }}");
    let gateway = Gateway::before(&upstream, &yaml).await;
    let answer = gateway.chat(&auto("how high is the mountain")).await;
    let id = answer.header("x-request-id").to_owned();
    let say = async |key: &str, verdict: &str| {
        let body = json!({"request_id": id, "verdict": verdict}).to_string();
        Gateway::read(gateway.post("/v1/feedback").bearer_auth(key).body(body)).await.status
    };
    assert_eq!(say("somebody else", "wrong").await, 404);
    assert_eq!(say("test-key", "wrong").await, 200);
    assert_eq!(say("test-key", "right").await, 404, "once");
    assert_eq!(outcomes(&gateway, "feedback", "bad").await, 1);
}

#[tokio::test]
async fn a_comparison_that_hangs_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(|request| match model(request).as_str() {
        "small" => Reply::Never,
        _ => request.reply("It is 42."),
    })
    .await;
    for path in ["", &format!("path: \"{}\"", folder.path().display())] {
        let more = comparing("threshold: 100%")
            .replace("enabled: false", &format!("enabled: false, {path}"));
        let gateway = Gateway::before(&upstream, &format!("{more}\nserver: {{ drain: 1s }}")).await;
        let calls = upstream.calls();
        assert_eq!(gateway.chat(&auto("how long does it take")).await.status, 200);
        upstream.called(calls + 2).await;
        gateway.stop().await;
    }
}

fn cascade(more: &str) -> String {
    format!("{TIERS}\nrouter: {{ {more} rules: [{{ name: first, cascade: true }}] }}")
}

#[tokio::test]
async fn a_cascade_escalates_what_does_not_stand() {
    let wants_json = json!({"type": "json_object"});
    for (small, format, tier, kind) in [
        ("{\"a\": 1}", Some(&wants_json), "cheap", "stands"),
        ("a is 1", Some(&wants_json), "frontier", "json"),
        ("I'm sorry, but I can't help with that.", None, "frontier", "refusal"),
        ("It is 42.", None, "cheap", "stands"),
    ] {
        for stream in [false, true] {
            let upstream = Upstream::start(move |request| {
                request.reply(if model(request) == "small" { small } else { "{\"a\": 2}" })
            })
            .await;
            let gateway = Gateway::before(&upstream, &cascade("")).await;
            let mut body = auto("give me a");
            body["stream"] = stream.into();
            if let Some(format) = format {
                body["response_format"] = format.clone();
            }
            let answer = gateway.chat(&body).await;
            assert_eq!(
                answer.header("x-scrimp-tier"),
                tier,
                "{small}: {}",
                answer.header("x-scrimp-reason")
            );
            let escalates = tier == "frontier";
            assert_eq!(answer.header("x-scrimp-reason").contains("escalated: "), escalates);
            assert_eq!(answer.text().contains("\"a\": 2"), escalates, "{}", answer.body);
            assert_eq!(upstream.calls(), if escalates { 2 } else { 1 });
            let metrics = gateway.metrics().await;
            let counted =
                metrics.lines().find(|line| line.starts_with("scrimp_cascade_total{")).unwrap();
            assert!(counted.contains(kind), "{counted}");
        }
    }
}

#[tokio::test]
async fn both_answers_of_a_cascade_are_paid_for() {
    let upstream = Upstream::start(|request| {
        let mut answer = completion(if model(request) == "small" { "" } else { "It is 42." });
        answer["usage"] =
            json!({"prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200});
        Reply::json(200, &answer)
    })
    .await;
    let gateway = Gateway::before(&upstream, &cascade("")).await;
    let answer = gateway.chat(&auto("how much")).await;
    // 200 tokens at 1 nano-USD and 200 at 10.
    assert_eq!(answer.header("x-scrimp-cost-usd"), "0.0000022");
    assert_eq!(gateway.metric("scrimp_cost_nano_usd_total{target=\"p/small\"}").await, 200);
    assert_eq!(gateway.metric("scrimp_cost_nano_usd_total{target=\"p/large\"}").await, 2000);
}

#[tokio::test]
async fn two_samples_have_to_agree() {
    for (second, tier) in [("It is 42.", "cheap"), ("It is 17.", "frontier")] {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let upstream = Upstream::start(move |request| {
            if model(request) == "large" {
                return request.reply("It is 1.");
            }
            let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            request.reply(if number == 0 { "It is 42." } else { second })
        })
        .await;
        let gateway = Gateway::before(&upstream, &cascade("cascade_samples: 2,")).await;
        let answer = gateway.chat(&auto("how much is it")).await;
        assert_eq!(answer.header("x-scrimp-tier"), tier, "{second}");
    }
}

#[tokio::test]
async fn a_cheap_tier_that_does_not_answer_is_no_hindrance() {
    let upstream = Upstream::start(|request| {
        if model(request) == "small" {
            Reply::json(500, &json!({"error": {}}))
        } else {
            request.reply("yes")
        }
    })
    .await;
    let gateway = Gateway::before(&upstream, &cascade("")).await;
    let answer: Answer = gateway.chat(&auto("are you there")).await;
    assert_eq!((answer.status, answer.header("x-scrimp-tier")), (200, "frontier"));
    assert!(answer.header("x-scrimp-reason").contains("escalated: no answer"));
}

#[tokio::test]
async fn a_stream_that_does_not_want_to_wait_is_not_checked() {
    let upstream =
        Upstream::start(|request| request.reply("I'm sorry, but I can't help with that.")).await;
    let yaml = cascade("").replace("cascade: true", "cascade: true, stream: direct");
    let gateway = Gateway::before(&upstream, &yaml).await;
    let mut body = auto("give me a");
    body["stream"] = true.into();
    assert_eq!(gateway.chat(&body).await.header("x-scrimp-tier"), "cheap");
    assert_eq!(gateway.chat(&auto("give me a")).await.header("x-scrimp-tier"), "frontier");
}

#[tokio::test]
async fn what_is_learnt_survives_a_restart_and_stays_in_its_scope() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let upstream = two_models().await;
    let yaml = comparing("threshold: 100%").replace(
        "cache: { enabled: false }",
        &format!("cache: {{ path: {}, ttl: 1ms }}", path.display()),
    );
    let gateway = Gateway::before(&upstream, &yaml).await;
    for question in ["how long is the river", "how high is the mountain", "how wide is the river"] {
        gateway.chat(&auto(question)).await;
    }
    gateway.chat_as("other", &[], &auto("how deep is the river")).await;
    let before = standing(&gateway).await;
    assert_eq!(before["scopes"].as_array().unwrap().len(), 2, "{before}");
    gateway.stop().await;
    assert!(path.join("learnt.json").exists());

    let again = Gateway::before(&upstream, &yaml).await;
    let mut after = standing(&again).await;
    assert_eq!(after["all"]["comparisons"], 4, "{after}");
    let by_name = |value: &mut Value| {
        let mut scopes = value["scopes"].as_array().unwrap().clone();
        scopes.sort_by_key(|scope| scope["scope"].as_str().unwrap().to_owned());
        scopes.iter().map(|scope| scope["standing"]["outcomes"].clone()).collect::<Vec<_>>()
    };
    let mut before = before;
    assert_eq!(by_name(&mut before), by_name(&mut after));
    let counts: Vec<u64> =
        by_name(&mut after).iter().map(|outcomes| outcomes["shadow"].as_u64().unwrap()).collect();
    assert!(counts == [1, 3] || counts == [3, 1], "{counts:?}");
    again.stop().await;
    std::fs::write(path.join("learnt.json"), "{").unwrap();
    let yaml = format!(
        "providers: {{ p: {{ type: openai, base_url: \"http://127.0.0.1:9/v1\" }} }}\n{yaml}"
    );
    let config = Config::from_yaml(&yaml, "test.yaml", &|_| None).unwrap().config;
    let error = App::start_with(config, None, Clock::default()).await.err().unwrap().to_string();
    assert!(error.contains("learnt.json") && error.contains("move it away"), "{error}");
}

#[tokio::test]
async fn what_was_spent_today_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = two_models().await;
    let yaml = comparing("spend: 1 USD/day").replace(
        "cache: { enabled: false }",
        &format!("cache: {{ path: {}, ttl: 1ms }}", folder.path().display()),
    );
    let gateway = Gateway::before(&upstream, &yaml).await;
    gateway.chat(&auto("how high is the mountain")).await;
    let before = standing(&gateway).await;
    gateway.stop().await;
    let again = Gateway::before(&upstream, &yaml).await;
    let after = standing(&again).await;
    for spent in ["/all/spending/spent_nano_usd", "/shadow/spent_today_usd"] {
        let spent = |report: &Value| report.pointer(spent).cloned().unwrap();
        assert_eq!(spent(&before), spent(&after), "{before} {after}");
    }
    assert!(before["all"]["spending"]["spent_nano_usd"].as_u64() > Some(0), "{before}");
    assert_ne!(before["shadow"]["spent_today_usd"], "0.00");
}

#[tokio::test]
async fn the_operator_can_go_back_to_the_shipped_classifier() {
    let upstream = two_models().await;
    let gateway = Gateway::before(&upstream, &comparing("threshold: 100%")).await;
    gateway.chat(&auto("how high is the mountain")).await;
    let url = gateway
        .app()
        .admin_address()
        .map(|address| format!("http://{address}/admin/router/rollback"));
    let done = reqwest::Client::new().post(url.unwrap()).send().await.unwrap();
    assert_eq!(done.status(), 204);
    let standing = standing(&gateway).await;
    assert_eq!(standing["scopes"][0]["standing"]["tiers"][0]["version"], 0, "{standing}");
    assert_eq!(standing["scopes"][0]["standing"]["outcomes"]["shadow"], 1, "{standing}");
}
