//! The error budget at work: shadow checks, free labels, feedback, and where meaning needs care.

use serde_json::{Value, json};

use crate::support::{Answer, Gateway, Upstream};

const ASKED: &str = "how do I reset the password of my account";
const REWORDED: &str = "how can I reset the password of my account";

/// An upstream whose every answer is another one.
async fn moody() -> Upstream {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let words = ["granite", "violet", "seventeen trees", "not at all", "by the river"];
    Upstream::start(move |request| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        request.reply(words[number % words.len()])
    })
    .await
}

/// An upstream that always says the same.
async fn steady() -> Upstream {
    Upstream::saying("Open the settings and choose reset.").await
}

async fn labels(gateway: &Gateway, source: &str, verdict: &str) -> u64 {
    gateway.app().gateway().checks_done().await;
    gateway
        .metric(&format!("scrimp_labels_total{{source=\"{source}\",verdict=\"{verdict}\"}}"))
        .await
}

async fn feedback(gateway: &Gateway, key: &str, body: &Value) -> Answer {
    Gateway::read(gateway.post("/v1/feedback").bearer_auth(key).body(body.to_string())).await
}

#[tokio::test]
async fn shadow_mode_serves_nothing_and_measures() {
    let upstream = moody().await;
    let gateway = Gateway::before(&upstream, "cache: { threshold: 0.8, mode: shadow }").await;
    gateway.ask(ASKED).await;
    let second = gateway.ask(REWORDED).await;
    assert_eq!((second.cache(), second.text().as_str()), ("miss", "violet"));
    assert_eq!(second.header("x-scrimp-refused"), "shadow check");
    assert_eq!(upstream.calls(), 2);
    assert_eq!(labels(&gateway, "shadow", "wrong").await, 1);
    let report = gateway.admin_json("/admin/budget").await;
    assert_eq!(report["all"]["shadow_checks"], 1, "{report}");
    assert!(report["all"]["wrong_rate"].as_f64().unwrap() > 0.8, "{report}");
    let metrics = gateway.metrics().await;
    let shown = metrics.lines().find_map(|line| line.strip_prefix("scrimp_wrong_hit_rate "));
    assert!(shown.unwrap().parse::<f64>().unwrap() > 0.8, "{shown:?}");
}

#[tokio::test]
async fn a_shadow_check_gives_the_caller_what_the_provider_says() {
    for stream in [false, true] {
        let upstream = moody().await;
        let gateway =
            Gateway::before(&upstream, "cache: { threshold: 0.8, shadow_share: 100% }").await;
        let ask = |text: &str| json!({"model": "p/m", "stream": stream, "messages": [{"role": "user", "content": text}]});
        gateway.chat(&ask(ASKED)).await;
        let direct = upstream.requests().len();
        let answer = gateway.chat(&ask(REWORDED)).await;
        assert_eq!((answer.status, answer.cache(), upstream.calls()), (200, "miss", direct + 1));
        assert!(
            answer.body.contains("violet") && !answer.body.contains("granite"),
            "{}",
            answer.body
        );
        // The fresh answer is stored as ever.
        assert_eq!(gateway.chat(&ask(REWORDED)).await.cache(), "exact");
    }
}

#[tokio::test]
async fn agreeing_answers_are_labelled_right() {
    let upstream = steady().await;
    let gateway = Gateway::before(&upstream, "cache: { threshold: 0.8, shadow_share: 100% }").await;
    gateway.ask(ASKED).await;
    gateway.ask(REWORDED).await;
    assert_eq!(labels(&gateway, "shadow", "right").await, 1);
    let report = gateway.admin_json("/admin/budget").await;
    assert_eq!(report["all"]["wrong_rate"], 0.0, "{report}");
    assert!(report["all"]["high"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(report["scopes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn where_words_do_not_tell_the_cheap_tier_may_judge() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let answers = [
        "You will find the reset button in the settings, on the security page of your account.",
        "Open your account, go to security and choose to start over with a new password there.",
    ];
    let upstream = Upstream::start(move |request| {
        if request.json()["model"] == "judge" {
            return request.reply("DIFFERENT");
        }
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        request.reply(answers[number % answers.len()])
    })
    .await;
    let gateway = Gateway::before(
        &upstream,
        "tiers: { cheap: [p/judge], frontier: [p/m] }\ncache: { threshold: 0.8, shadow_share: 100%, judge: cheap }",
    )
    .await;
    gateway.ask(ASKED).await;
    gateway.ask(REWORDED).await;
    assert_eq!(labels(&gateway, "shadow", "wrong").await, 1);
    let asked = upstream.requests().iter().map(|request| request.json()).collect::<Vec<_>>();
    let question = asked[2]["messages"][0]["content"].as_str().unwrap();
    assert!(question.contains("SAME or DIFFERENT") && question.contains(REWORDED), "{question}");
    assert_eq!(upstream.calls(), 3);
}

#[tokio::test]
async fn a_miss_with_a_candidate_is_a_free_label() {
    let upstream = moody().await;
    let gateway = Gateway::before(&upstream, "cache: { threshold: 0.999 }").await;
    gateway.ask(ASKED).await;
    let second = gateway.ask(REWORDED).await;
    assert_eq!(second.cache(), "miss");
    assert!(second.header("x-scrimp-refused").starts_with("similarity"));
    assert_eq!(labels(&gateway, "miss", "wrong").await, 1);
}

#[tokio::test]
async fn streamed_answers_are_compared_too() {
    let upstream = Upstream::echo().await;
    let gateway = Gateway::before(&upstream, "cache: { threshold: 0.8, shadow_share: 100% }").await;
    let ask = |text: &str| json!({"model": "p/m", "stream": true, "messages": [{"role": "user", "content": text}]});
    gateway.chat(&ask(ASKED)).await;
    gateway.chat(&ask(REWORDED)).await;
    let all = ["right", "unsure", "wrong"];
    let mut seen = 0;
    for verdict in all {
        seen += labels(&gateway, "shadow", verdict).await;
    }
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn a_hit_that_a_caller_calls_wrong_is_not_served_again() {
    let upstream = steady().await;
    let gateway = Gateway::before(&upstream, "").await;
    gateway.ask(ASKED).await;
    let hit = gateway.ask(REWORDED).await;
    assert_eq!(hit.cache(), "semantic");
    let id = hit.header("x-request-id").to_owned();
    let wrong = json!({"request_id": id, "verdict": "wrong"});
    assert_eq!(feedback(&gateway, "somebody-else", &wrong).await.status, 404);
    assert_eq!(feedback(&gateway, "test-key", &wrong).await.status, 200);
    assert_eq!(feedback(&gateway, "test-key", &wrong).await.status, 404, "a verdict counts once");
    assert_eq!(gateway.ask(REWORDED).await.cache(), "miss");
    assert_eq!(labels(&gateway, "feedback", "wrong").await, 1);
}

#[tokio::test]
async fn feedback_that_cannot_be_read_says_what_would_be_right() {
    let gateway = Gateway::before(&steady().await, "").await;
    for (body, status, phrase) in [
        (json!({"verdict": "wrong"}), 400, "request_id"),
        (json!({"request_id": "7", "verdict": "wrong"}), 400, "x-request-id"),
        (json!({"request_id": "req-0", "verdict": "maybe"}), 400, "maybe"),
        (
            json!({"request_id": format!("req-{}", "0".repeat(32)), "verdict": "wrong"}),
            404,
            "within the last day",
        ),
    ] {
        let answer = feedback(&gateway, "k", &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.body.contains(phrase), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_exact_answer_that_is_called_wrong_is_forgotten() {
    let upstream = steady().await;
    let gateway = Gateway::before(&upstream, "").await;
    gateway.ask(ASKED).await;
    let hit = gateway.ask(ASKED).await;
    assert_eq!(hit.cache(), "exact");
    let wrong = json!({"request_id": hit.header("x-request-id"), "verdict": "wrong"});
    assert_eq!(feedback(&gateway, "test-key", &wrong).await.status, 200);
    assert_eq!(gateway.ask(ASKED).await.cache(), "miss");
}

#[tokio::test]
async fn questions_about_now_are_not_matched_and_soon_forgotten() {
    let upstream = steady().await;
    let gateway = Gateway::before(&upstream, "").await;
    let now = "what is the weather in Oslo right now";
    let first = gateway.ask(now).await;
    assert!(first.header("cache-status").ends_with("detail=time-dependent"), "{:?}", first.headers);
    assert_eq!(gateway.ask(now).await.cache(), "exact");
    gateway.advance(std::time::Duration::from_secs(61));
    assert_ne!(gateway.ask(now).await.cache(), "exact");
}

#[tokio::test]
async fn questions_about_an_account_stay_with_their_key() {
    let upstream = Upstream::echo().await;
    let gateway = Gateway::before(&upstream, "cache: { threshold: 0.8, scope: shared }").await;
    let ask = |text: &str| json!({"model": "p/m", "messages": [{"role": "user", "content": text}]});
    gateway.chat_as("ada", &[], &ask("where is my order")).await;
    assert_eq!(gateway.chat_as("bob", &[], &ask("where is my order")).await.cache(), "miss");
    assert_eq!(gateway.chat_as("ada", &[], &ask("where is my order")).await.cache(), "exact");
    gateway.chat_as("ada", &[], &ask("how do I boil an egg")).await;
    assert_eq!(gateway.chat_as("bob", &[], &ask("how do I boil an egg")).await.cache(), "exact");
}

#[tokio::test]
async fn refusals_are_not_kept() {
    let upstream = Upstream::saying("I'm sorry, but I can't assist with that request.").await;
    let gateway = Gateway::before(&upstream, "").await;
    gateway.ask(ASKED).await;
    assert_eq!(gateway.ask(ASKED).await.cache(), "miss");
    assert_eq!(gateway.metric("scrimp_cache_not_stored_total{reason=\"refusal\"}").await, 2);
}

#[tokio::test]
async fn the_default_judge_serves_a_rewording_and_refuses_a_trap() {
    let upstream = steady().await;
    let gateway = Gateway::before(&upstream, "cache: { confidence: 0.9 }").await;
    gateway.ask(ASKED).await;
    let hit = gateway.ask("How can I reset the password of my account?").await;
    assert_eq!(hit.cache(), "semantic", "{:?}", hit.headers);
    assert!(hit.header("x-scrimp-confidence").parse::<f64>().unwrap() >= 0.9);
    gateway.ask("how many people live in a house with 30 rooms").await;
    let trap = gateway.ask("how many people live in a house with 37 rooms").await;
    assert_eq!(trap.cache(), "miss");
    assert!(trap.header("x-scrimp-refused").starts_with("number 30 -> 37"), "{:?}", trap.headers);
}

#[tokio::test]
async fn a_caller_can_ask_for_less_risk() {
    let upstream = steady().await;
    let gateway = Gateway::before(&upstream, "cache: { max_wrong: 20%, shadow_share: 0.1% }").await;
    let ask = |text: &str| json!({"model": "p/m", "messages": [{"role": "user", "content": text}]});
    gateway.chat(&ask(ASKED)).await;
    let strict =
        gateway.chat_as("test-key", &[("x-scrimp-max-wrong", "0.0001%")], &ask(REWORDED)).await;
    assert_eq!(strict.cache(), "miss");
    assert!(strict.header("x-scrimp-refused").starts_with("confidence"), "{:?}", strict.headers);
}
