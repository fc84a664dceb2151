//! Every request is written down, every cent counted, and nobody spends more than they may.

use scrimp::account::{
    NanoUsd,
    ledger::{Dimension, Query, Reader, Row, Spend},
};
use serde_json::{Value, json};

use crate::support::{
    Gateway, INPUT_TOKENS, OUTPUT_TOKENS, Reply, Step, Upstream, Vendor, chat, events, stream_of,
    streaming,
};

const PRICES: &str = "prices:
  p/m: { input: 2 USD/M, output: 10 USD/M }
  p/small: { input: 1 USD/M, output: 1 USD/M }
  p/large: { input: 10 USD/M, output: 50 USD/M }";

/// What an answer of the scripted provider costs at these prices, nano-USD.
const COST: u64 = (2 * INPUT_TOKENS + 10 * OUTPUT_TOKENS) * 1000;

fn ledger_at(folder: &tempfile::TempDir) -> String {
    format!("ledger: {{ path: \"{}\" }}", folder.path().join("ledger.db").display())
}

/// What the ledger says, the gateway having stopped.
fn spend(folder: &tempfile::TempDir, by: &[Dimension]) -> Spend {
    let reader = Reader::open(&folder.path().join("ledger.db")).unwrap();
    let query =
        Query { by: by.to_vec(), since: None, until: None, key: None, model: None, tag: None };
    reader.spend(&query).unwrap()
}

fn row<'a>(spend: &'a Spend, name: &str) -> &'a Row {
    let found = spend.rows.iter().find(|row| row.group[0].as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in {:?}", spend.rows))
}

#[tokio::test]
async fn every_request_is_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(|request| match request.json()["model"].as_str() {
        Some("broken") => Reply::json(400, &json!({"error": {"message": "no"}})),
        _ => request.reply("one two"),
    })
    .await;
    let gateway = Gateway::before(
        &upstream,
        &format!(
            "{PRICES}\n{}\nkeys: {{ alice: alices-key, bob: bobs-key-1 }}",
            ledger_at(&folder)
        ),
    )
    .await;
    let tags = [("x-scrimp-tags", "doc:42@v7, team a")];
    let fresh = gateway.chat_as("alices-key", &tags, &chat("a question")).await;
    assert_eq!(fresh.header("x-scrimp-cost-usd"), NanoUsd(COST).to_string());
    let hit = gateway.chat_as("alices-key", &[], &chat("a question")).await;
    assert_eq!(
        (hit.cache(), hit.header("x-scrimp-saved-usd")),
        ("exact", NanoUsd(COST).to_string().as_str())
    );
    gateway.chat_as("bobs-key-1", &[], &streaming("another question")).await;
    let mut broken = chat("x");
    broken["model"] = "p/broken".into();
    assert_eq!(gateway.chat_as("bobs-key-1", &[], &broken).await.status, 400);
    let unknown = gateway.chat_as("bobs-key-1", &[], &json!({"model": "p/m"})).await;
    assert_eq!(unknown.status, 400);
    assert_eq!(gateway.chat_as("nobodys-key", &[], &chat("x")).await.status, 401);
    gateway.stop().await;

    let by_key = spend(&folder, &[Dimension::Key]);
    assert_eq!(by_key.total.requests, 5);
    let (alice, bob) = (&row(&by_key, "alice").totals, &row(&by_key, "bob").totals);
    assert_eq!((alice.requests, alice.exact_hits, alice.cost), (2, 1, NanoUsd(COST)));
    assert_eq!((alice.saved_by_cache, alice.errors), (NanoUsd(COST), 0));
    assert_eq!((bob.requests, bob.errors, bob.cost), (3, 2, NanoUsd(COST)));
    assert_eq!((alice.input_tokens, alice.output_tokens), (INPUT_TOKENS, OUTPUT_TOKENS));
    let by_tag = spend(&folder, &[Dimension::Tag]);
    assert_eq!(row(&by_tag, "doc:42@v7").totals.cost, NanoUsd(COST));
    assert_eq!(row(&by_tag, "team a").totals.requests, 1);
    assert_eq!(by_tag.total.requests, 5, "a request with two tags counts once in all");
}

#[tokio::test]
async fn prompts_are_written_down_only_where_the_operator_says_so() {
    for (content, expected) in [("none", false), ("hash", false), ("full", true)] {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::saying("the answer is swordfish").await;
        let path = folder.path().join("ledger.db");
        let ledger = format!(
            "ledger: {{ path: \"{}\", log_content: {content} }}\ncache: {{ semantic: false }}",
            path.display()
        );
        let gateway = Gateway::before(&upstream, &ledger).await;
        gateway.ask("what is the password of marmalade").await;
        gateway.chat(&streaming("a stream about marmalade")).await;
        gateway.until_metric("scrimp_cache_stored_total", 2).await;
        gateway.stop().await;
        let found = |word: &str| {
            let files = std::fs::read_dir(folder.path()).unwrap();
            files
                .map(|file| std::fs::read(file.unwrap().path()).unwrap())
                .any(|bytes| bytes.windows(word.len()).any(|window| window == word.as_bytes()))
        };
        assert_eq!((found("marmalade"), found("swordfish")), (expected, expected), "{content}");
    }
}

#[tokio::test]
async fn a_cancelled_stream_is_estimated_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let [start, tokens, _] = Vendor::OpenAi.pieces("one two three four five six seven");
    let upstream = Upstream::start(move |_| {
        Reply::Events(vec![
            Step::Send(start.clone().into()),
            Step::Send(tokens.clone().into()),
            Step::Hang,
        ])
    })
    .await;
    let gateway = Gateway::before(&upstream, &format!("{PRICES}\n{}", ledger_at(&folder))).await;
    let response = gateway.open_chat(&streaming("count to seven")).await;
    assert_eq!(response.status(), 200);
    drop(response);
    upstream.abandoned(1).await;
    gateway.until_metric("scrimp_estimated_total{target=\"p/m\"}", 1).await;
    gateway.stop().await;
    let by_target = spend(&folder, &[Dimension::Target]);
    let totals = &row(&by_target, "p/m").totals;
    assert_eq!((totals.requests, totals.estimated), (1, 1));
    assert!((5..=10).contains(&totals.output_tokens), "{}", totals.output_tokens);
    let cost = 2 * totals.input_tokens + 10 * totals.output_tokens;
    assert_eq!(totals.cost, NanoUsd(cost * 1000));
}

#[tokio::test]
async fn counts_that_a_later_event_takes_back_stand() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(|_| {
        let mut chunks = stream_of("one");
        let mut nothing = chunks.last().unwrap().clone();
        nothing["usage"] = json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0});
        nothing["choices"] = json!([]);
        chunks.push(nothing);
        let events = [events(&chunks), "data: [DONE]\n\n".into()].concat();
        Reply::Events(vec![Step::Send(events.into())])
    })
    .await;
    let gateway = Gateway::before(&upstream, &format!("{PRICES}\n{}", ledger_at(&folder))).await;
    assert_eq!(gateway.chat(&streaming("count to one")).await.status, 200);
    gateway.stop().await;
    assert_eq!(spend(&folder, &[Dimension::Key]).total.cost, NanoUsd(COST));
}

#[tokio::test]
async fn who_hangs_up_before_the_answer_pays_for_what_was_asked() {
    let small = (INPUT_TOKENS + OUTPUT_TOKENS) * 1000;
    for (model, calls, before) in [("p/m", 1, 0), ("auto", 2, small)] {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::start(|request| match request.json()["model"].as_str() {
            Some("small") => request.reply("I'm sorry, but I can't help with that."),
            _ => Reply::Never,
        })
        .await;
        let more = format!(
            "{PRICES}\ntiers: {{ cheap: [p/small], frontier: [p/m] }}
router: {{ rules: [{{ name: first, cascade: true }}] }}\ncache: {{ enabled: false }}\n{}",
            ledger_at(&folder)
        );
        let gateway = Gateway::before(&upstream, &more).await;
        let mut body = chat("how long do I have to wait for an answer");
        body["model"] = model.into();
        let asking = gateway.chat(&body);
        tokio::select! {
            answer = asking => panic!("{answer:?}"),
            () = upstream.called(calls) => {}
        }
        upstream.abandoned(1).await;
        gateway.until_metric("scrimp_estimated_total{target=\"p/m\"}", 1).await;
        gateway.stop().await;
        let total = spend(&folder, &[Dimension::Key]).total;
        assert_eq!((total.requests, total.estimated), (1, 1));
        let asked = total.input_tokens - if before > 0 { INPUT_TOKENS } else { 0 };
        assert!((9..=15).contains(&asked), "{asked}");
        assert_eq!(total.cost, NanoUsd(before + 2 * asked * 1000), "{model}");
    }
}

#[tokio::test]
async fn a_lower_tier_saves_against_the_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::saying("one").await;
    let more = format!(
        "{PRICES}\ntiers: {{ cheap: [p/small], frontier: [p/large] }}\nspending: {{ baseline: p/m }}\n{}",
        ledger_at(&folder)
    );
    let gateway = Gateway::before(&upstream, &more).await;
    let ask = async |model: &str| {
        let mut body = chat("a question");
        body["model"] = model.into();
        gateway.chat(&body).await
    };
    let cheap = ask("auto:cheap").await;
    let saved = COST - (INPUT_TOKENS + OUTPUT_TOKENS) * 1000;
    assert_eq!(cheap.header("x-scrimp-saved-usd"), NanoUsd(saved).to_string());
    assert_eq!(ask("auto:frontier").await.header("x-scrimp-saved-usd"), "");
    assert_eq!(ask("p/small").await.header("x-scrimp-saved-usd"), "", "nobody chose a tier");
    let metric = "scrimp_saved_by_routing_nano_usd_total{tier=\"cheap\"}";
    assert_eq!(gateway.metric(metric).await, saved);
    gateway.stop().await;
    let by_tier = spend(&folder, &[Dimension::Tier]);
    assert_eq!(row(&by_tier, "cheap").totals.saved_by_routing, NanoUsd(saved));
    assert_eq!(by_tier.total.saved_by_routing, NanoUsd(saved));
}

#[tokio::test]
async fn what_the_gateway_asks_for_itself_is_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::saying("one").await;
    let more = format!(
        "{PRICES}\ntiers: {{ cheap: [p/small], frontier: [p/large] }}\ncache: {{ enabled: false }}
router: {{ shadow_share: 100%, shadow_spend: 100 USD/day, threshold: 100% }}\n{}",
        ledger_at(&folder)
    );
    let gateway = Gateway::before(&upstream, &more).await;
    let mut body = chat("a question");
    body["model"] = "auto".into();
    gateway.chat(&body).await;
    gateway.app().gateway().checks_done().await;
    let calls = upstream.calls();
    gateway.stop().await;
    let by_key = spend(&folder, &[Dimension::Key]);
    let own = &row(&by_key, "scrimp").totals;
    assert_eq!((own.requests, calls), (1, 2));
    assert_eq!(own.cost, NanoUsd((INPUT_TOKENS + OUTPUT_TOKENS) * 1000));
    assert_eq!(row(&spend(&folder, &[Dimension::Tag]), "comparison").totals.requests, 1);
}

/// A gateway whose key `small` may spend so much a day.
async fn with_budget(upstream: &Upstream, budget: &str, more: &str) -> Gateway {
    let keys =
        format!("keys: {{ small: {{ key: small-key, budget: {budget} }}, rich: richs-key }}");
    Gateway::before(upstream, &format!("{PRICES}\n{keys}\ncache: {{ enabled: false }}\n{more}"))
        .await
}

fn limited(question: &str, output: u64) -> Value {
    let mut body = chat(question);
    body["max_tokens"] = output.into();
    body
}

#[tokio::test]
async fn a_key_spends_no_more_than_its_budget_however_many_ask_at_once() {
    let upstream = Upstream::saying("one").await;
    // Room for three answers of the cost that is set aside: 10 tokens of output at most, and about 10 of input.
    let gateway = with_budget(&upstream, "0.0005 USD/day", "").await;
    let asking: Vec<_> = (0..20)
        .map(|number| {
            let request = gateway.post("/v1/chat/completions").bearer_auth("small-key");
            Gateway::read(request.body(limited(&format!("question {number}"), 10).to_string()))
        })
        .collect();
    let answers = futures_util::future::join_all(asking).await;
    let (paid, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    let spent = paid.len() as u64 * COST;
    assert!(!paid.is_empty() && spent <= 500_000, "{spent}");
    for answer in &refused {
        assert_eq!((answer.status, answer.code().as_str()), (429, "scrimp_budget_exceeded"));
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=86_400).contains(&wait));
    }
    assert_eq!(upstream.calls(), paid.len(), "what is refused costs nothing");
    let mut more = paid.len();
    while gateway.chat_as("small-key", &[], &limited("one more", 10)).await.status == 200 {
        more += 1;
    }
    assert!(more as u64 * COST <= 500_000, "{more}");
    assert_eq!(gateway.chat_as("richs-key", &[], &limited("another", 10)).await.status, 200);
    gateway.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(gateway.chat_as("small-key", &[], &limited("tomorrow", 10)).await.status, 200);
}

#[tokio::test]
async fn what_may_cost_more_than_is_left_is_not_begun() {
    let upstream = Upstream::saying("one").await;
    let gateway = with_budget(&upstream, "0.001 USD/day", "").await;
    let long = gateway.chat_as("small-key", &[], &chat("no limit to the answer")).await;
    assert_eq!((long.status, long.code().as_str()), (429, "scrimp_budget_exceeded"));
    assert!(
        long.json()["error"]["message"].as_str().unwrap().contains("0.001 USD"),
        "{}",
        long.body
    );
    assert_eq!(gateway.chat_as("small-key", &[], &limited("a short one", 10)).await.status, 200);
    assert_eq!(upstream.calls(), 1);
    let key = &gateway.admin_json("/admin/keys").await["keys"][0];
    assert_eq!((&key["key"], &key["budget_usd_per_day"]), (&json!("small"), &json!("0.001")));
    assert_eq!(key["spent_today_usd"], NanoUsd(COST).to_string());
}

#[tokio::test]
async fn the_dearest_target_that_may_answer_counts() {
    let (free, dear) = (
        Upstream::replying(vec![Reply::json(500, &json!({"error": {"message": "no"}}))]).await,
        Upstream::saying("dear").await,
    );
    let gateway = Gateway::start(&format!(
        "providers: {{ {}, {} }}
tiers: {{ cheap: [a/free, b/dear], frontier: [b/dear] }}
prices: {{ a/free: {{ input: 0 USD/M, output: 0 USD/M }}, b/dear: {{ input: 1000 USD/M, output: 1000 USD/M }} }}
keys: {{ small: {{ key: small-key, budget: 0.001 USD/day }} }}
cache: {{ enabled: false }}\nupstream: {{ retries: 0 }}",
        Vendor::OpenAi.yaml("a", &free),
        Vendor::OpenAi.yaml("b", &dear)
    ))
    .await;
    let mut body = limited("a question", 10);
    body["model"] = "auto:cheap".into();
    let answer = gateway.chat_as("small-key", &[], &body).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "scrimp_budget_exceeded"));
    assert_eq!(dear.calls(), 0, "a failover does not go past the money gate");
}

#[tokio::test]
async fn a_model_without_a_price_is_refused_where_money_is_limited() {
    let upstream = Upstream::saying("one").await;
    let mut body = limited("a question", 10);
    body["model"] = "p/unheard-of".into();
    let gateway = with_budget(&upstream, "1 USD/day", "").await;
    let refused = gateway.chat_as("small-key", &[], &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "unpriced_model"));
    assert_eq!(gateway.chat_as("richs-key", &[], &body).await.status, 200);
    assert_eq!(gateway.metric("scrimp_unpriced_total{target=\"p/other\"}").await, 1);
    let allowing = with_budget(&upstream, "1 USD/day", "spending: { unpriced: allow }").await;
    assert_eq!(allowing.chat_as("small-key", &[], &body).await.status, 200);
}

#[tokio::test]
async fn the_first_answer_of_a_cascade_is_paid_for_whatever_the_second_one_costs() {
    let small = (INPUT_TOKENS + OUTPUT_TOKENS) * 1000;
    for (samples, stream) in [(1, false), (1, true), (2, false)] {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::start(|request| {
            let is_small = request.json()["model"] == "small";
            request.reply(if is_small { "I'm sorry, but I can't help with that." } else { "yes" })
        })
        .await;
        let more = format!(
            "prices: {{ p/small: {{ input: 1 USD/M, output: 1 USD/M }} }}
tiers: {{ cheap: [p/small], frontier: [p/unheard-of] }}
router: {{ cascade_samples: {samples}, rules: [{{ name: first, cascade: true }}] }}
keys: {{ small: {{ key: small-key, budget: {} USD/day }} }}
spending: {{ unpriced: allow }}\ncache: {{ enabled: false }}\n{}",
            // Room for one request, whose answers cost up to 17 millionths each, and not for another.
            NanoUsd((1 + samples) * 20_000),
            ledger_at(&folder)
        );
        let gateway = Gateway::before(&upstream, &more).await;
        let mut body = limited("a question", 10);
        body["model"] = "auto".into();
        body["stream"] = stream.into();
        let answer = gateway.chat_as("small-key", &[], &body).await;
        assert_eq!((answer.status, answer.header("x-scrimp-cost-usd")), (200, ""), "{answer:?}");
        assert_eq!(gateway.chat_as("small-key", &[], &body).await.status, 429);
        gateway.stop().await;
        let total = spend(&folder, &[Dimension::Key]).total;
        let cost = NanoUsd(small * samples);
        assert_eq!((total.cost, total.unpriced), (cost, 1), "{samples} {stream}");
    }
}

#[tokio::test]
async fn a_budget_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::saying("one").await;
    let budget = format!("{:.9} USD/day", (COST * 3) as f64 / 1e9);
    let start = async || with_budget(&upstream, &budget, &ledger_at(&folder)).await;
    let mut answered = 0;
    for _ in 0..4 {
        let gateway = start().await;
        let answer = gateway.chat_as("small-key", &[], &limited("a question", 5)).await;
        answered += u64::from(answer.status == 200);
        gateway.stop().await;
    }
    assert!((1..=3).contains(&answered), "{answered}");
    assert_eq!(upstream.calls() as u64, answered);
}

#[tokio::test]
async fn vectors_are_asked_for_once() {
    let upstream = Upstream::start(|request| {
        let body = request.json();
        let texts = body["input"].as_array().cloned().unwrap_or_else(|| vec![body["input"].clone()]);
        let vector = |(index, text): (usize, &Value)| {
            json!({"object": "embedding", "index": index, "embedding": [text.to_string().len(), 0.5]})
        };
        let data: Vec<Value> = texts.iter().enumerate().map(vector).collect();
        let tokens = 4 * texts.len();
        Reply::json(200, &json!({"object": "list", "model": "e", "data": data,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}))
    })
    .await;
    let gateway =
        Gateway::before(&upstream, "prices: { p/e: { input: 1 USD/M, output: 0 USD/M } }").await;
    let embed = async |headers: &[(&str, &str)], input: Value| {
        let body = json!({"model": "p/e", "input": input}).to_string();
        let request = gateway.post("/v1/embeddings").bearer_auth("k").body(body);
        Gateway::read(headers.iter().fold(request, |it, (name, value)| it.header(*name, *value)))
            .await
    };
    let first = embed(&[], json!(["a", "bb"])).await;
    assert_eq!(
        (first.status, first.cache(), first.header("x-scrimp-cost-usd")),
        (200, "miss", "0.000008")
    );
    let again = embed(&[], json!(["bb", "a"])).await;
    assert_eq!((again.cache(), again.header("x-scrimp-saved-usd")), ("exact", "0.000008"));
    let vectors = |answer: &crate::support::Answer| -> Vec<Value> {
        answer.json()["data"].as_array().unwrap().iter().map(|it| it["embedding"].clone()).collect()
    };
    assert_eq!(vectors(&again), [json!([4, 0.5]), json!([3, 0.5])]);
    let mixed = embed(&[], json!(["ccc", "a", "dddd"])).await;
    assert_eq!(vectors(&mixed), [json!([5, 0.5]), json!([3, 0.5]), json!([6, 0.5])]);
    assert_eq!(upstream.requests()[1].json()["input"], json!(["ccc", "dddd"]));
    assert_eq!((mixed.cache(), mixed.header("x-scrimp-cost-usd")), ("miss", "0.000008"));
    // Of the eight tokens of the first batch the shorter text has three.
    assert_eq!(mixed.json()["usage"]["prompt_tokens"], 11);
    embed(&[("cache-control", "no-cache")], json!("a")).await;
    embed(&[("cache-control", "no-store")], json!("a")).await;
    assert_eq!(upstream.calls(), 4);
    let local = async |input: Value| {
        let body = json!({"model": "local", "input": input}).to_string();
        Gateway::read(gateway.post("/v1/embeddings").bearer_auth("k").body(body)).await
    };
    assert_eq!(local(json!("what is the time")).await.cache(), "miss");
    let (again, both) =
        (local(json!("what is the time")).await, local(json!(["x", "what is the time"])).await);
    assert_eq!(again.cache(), "exact");
    assert_eq!(vectors(&again)[0], vectors(&both)[1]);
}
