//! Identical requests in flight go upstream once, and nobody waits in vain.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinHandle};

use crate::support::{
    Answer, Gateway, Reply, Step, Upstream, chat, completion, events, soon, stream_of, streaming,
};

const IN_FLIGHT: &str = "scrimp_in_flight";

/// A leader that waits for its answer, and `count` more of the same that wait for it.
async fn crowd(
    gateway: &Gateway,
    upstream: &Upstream,
    body: &Value,
    count: usize,
) -> (JoinHandle<Answer>, Vec<JoinHandle<Answer>>) {
    let leader = gateway.spawn_chat(&[], body);
    soon(upstream.called(1)).await;
    let followers: Vec<_> = (0..count).map(|_| gateway.spawn_chat(&[], body)).collect();
    soon(gateway.until_metric(IN_FLIGHT, count as u64 + 1)).await;
    (leader, followers)
}

async fn all(requests: Vec<JoinHandle<Answer>>) -> Vec<Answer> {
    soon(join_all(requests)).await.into_iter().map(Result::unwrap).collect()
}

/// A provider whose first answer waits for `signal`, and whose others come at once.
async fn slow_first(signal: &Arc<Notify>, first: Reply, others: Reply) -> Upstream {
    Upstream::replying(vec![first.after(signal), others]).await
}

#[tokio::test]
async fn a_burst_goes_upstream_once() {
    let signal = Arc::new(Notify::new());
    let upstream = slow_first(&signal, Reply::text("one"), Reply::text("two")).await;
    let gateway = Gateway::before(&upstream, "").await;
    let (leader, followers) = crowd(&gateway, &upstream, &chat("a question"), 49).await;
    signal.notify_one();
    let answers = all(followers).await;
    assert!(answers.iter().all(|answer| answer.text() == "one" && answer.cache() == "exact"));
    assert_eq!(soon(leader).await.unwrap().cache(), "miss");
    assert_eq!(upstream.calls(), 1);
    assert_eq!(gateway.metric(IN_FLIGHT).await, 0);
    assert_eq!(gateway.app().gateway().flights(), 0);
}

#[tokio::test]
async fn callers_with_and_without_stream_share_a_flight() {
    for leading in [chat("a question"), streaming("a question")] {
        let signal = Arc::new(Notify::new());
        let upstream = {
            let signal = signal.clone();
            Upstream::start(move |request| request.reply("one two three").after(&signal)).await
        };
        let gateway = Gateway::before(&upstream, "").await;
        let (leader, mut others) = crowd(&gateway, &upstream, &leading, 5).await;
        others.extend((0..5).map(|_| gateway.spawn_chat(&[], &chat("a question"))));
        others.extend((0..5).map(|_| gateway.spawn_chat(&[], &streaming("a question"))));
        soon(gateway.until_metric(IN_FLIGHT, 16)).await;
        signal.notify_one();
        others.push(leader);
        for answer in all(others).await {
            assert_eq!((answer.status, answer.text().as_str()), (200, "one two three"));
        }
        assert_eq!(upstream.calls(), 1);
    }
}

#[tokio::test]
async fn a_follower_takes_over_when_the_leader_hangs_up() {
    for body in [chat("a question"), streaming("a question")] {
        let (signal, taken_over) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let upstream = {
            let (signal, taken_over) = (signal.clone(), taken_over.clone());
            let calls = AtomicUsize::new(0);
            Upstream::start(move |request| match calls.fetch_add(1, Ordering::SeqCst) {
                0 => request.reply("never read").after(&signal),
                _ => request.reply("from the second").after(&taken_over),
            })
            .await
        };
        let gateway = Gateway::before(&upstream, "").await;
        let (leader, followers) = crowd(&gateway, &upstream, &body, 8).await;
        leader.abort();
        soon(upstream.abandoned(1)).await;
        soon(upstream.called(2)).await;
        taken_over.notify_one();
        for answer in all(followers).await {
            assert_eq!((answer.status, answer.text().as_str()), (200, "from the second"));
        }
        assert_eq!(upstream.calls(), 2);
    }
}

#[tokio::test]
async fn a_follower_takes_over_when_a_stream_breaks_for_its_leader() {
    let signal = Arc::new(Notify::new());
    let begun = Step::Send(format!("data: {}\n\n", stream_of("one two")[1]).into());
    let broken = Reply::Events(vec![begun, Step::Wait(signal.clone()), Step::Break]);
    let upstream = Upstream::replying(vec![broken, Reply::streamed("one two three")]).await;
    let gateway = Gateway::before(&upstream, "").await;
    let (leader, followers) = crowd(&gateway, &upstream, &streaming("a question"), 5).await;
    signal.notify_one();
    assert!(soon(leader).await.unwrap().body.contains("upstream_stream_broken"));
    for answer in all(followers).await {
        assert_eq!(answer.text(), "one two three");
    }
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test]
async fn a_follower_takes_over_when_the_provider_fails_its_leader() {
    let signal = Arc::new(Notify::new());
    let failure = Reply::json(500, &json!({"error": {"message": "no", "code": "theirs"}}));
    let upstream = slow_first(&signal, failure, Reply::text("one")).await;
    let gateway = Gateway::before(&upstream, "upstream: { retries: 0 }").await;
    let (leader, followers) = crowd(&gateway, &upstream, &chat("a question"), 8).await;
    signal.notify_one();
    let failed = soon(leader).await.unwrap();
    assert_eq!((failed.status, failed.code().as_str()), (500, "theirs"));
    assert!(all(followers).await.iter().all(|answer| answer.text() == "one"));
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test]
async fn nobody_waits_in_vain_when_the_provider_fails_them_all() {
    let signal = Arc::new(Notify::new());
    let failure = Reply::json(500, &json!({"error": {"message": "no"}}));
    let upstream = slow_first(&signal, failure.clone(), failure).await;
    let settings = "upstream: { retries: 0, breaker_failures: 1000 }";
    let gateway = Gateway::before(&upstream, settings).await;
    let (leader, followers) = crowd(&gateway, &upstream, &chat("a question"), 8).await;
    signal.notify_one();
    assert!(all(followers).await.iter().all(|answer| answer.status == 500));
    assert_eq!((soon(leader).await.unwrap().status, upstream.calls()), (500, 9));
}

#[tokio::test]
async fn followers_go_alone_and_at_once_when_the_answer_cannot_be_shared() {
    let mut cut = completion("one");
    cut["choices"][0]["finish_reason"] = json!("length");
    let cut_stream = {
        let mut chunks = stream_of("one two");
        let last = chunks.len() - 2;
        chunks[last]["choices"][0]["finish_reason"] = json!("length");
        Reply::Events(vec![Step::Send(events(&chunks))])
    };
    let without_done = {
        let bytes = events(&stream_of("one two"));
        let end = bytes.len() - "data: [DONE]\n\n".len();
        Reply::Events(vec![Step::Send(bytes.slice(..end))])
    };
    let refusal = Reply::json(400, &json!({"error": {"message": "no"}}));
    for (what, body, reply) in [
        ("cut at its length", chat("q"), Reply::json(200, &cut)),
        ("a stream cut at its length", streaming("q"), cut_stream),
        ("a stream without [DONE]", streaming("q"), without_done),
        ("a refused request", chat("q"), refusal),
    ] {
        let (signal, together) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let replies = vec![reply.clone().after(&signal), reply.after(&together)];
        let upstream = Upstream::replying(replies).await;
        let gateway = Gateway::before(&upstream, "").await;
        let (leader, followers) = crowd(&gateway, &upstream, &body, 5).await;
        signal.notify_one();
        soon(leader).await.unwrap();
        // All are upstream at the same time: none waits for another.
        soon(upstream.called(6)).await;
        together.notify_waiters();
        let statuses: Vec<u16> = all(followers).await.iter().map(|answer| answer.status).collect();
        assert!(statuses.iter().all(|status| *status == statuses[0]), "{what}: {statuses:?}");
        assert_eq!(upstream.calls(), 6, "{what}");
    }
}

#[tokio::test]
async fn requests_that_leave_the_cache_alone_do_not_join() {
    let signal = Arc::new(Notify::new());
    let upstream = slow_first(&signal, Reply::text("one"), Reply::text("two")).await;
    let gateway = Gateway::before(&upstream, "").await;
    let leader = gateway.spawn_chat(&[], &chat("a question"));
    soon(upstream.called(1)).await;
    for control in ["no-store", "no-cache"] {
        let apart = gateway.spawn_chat(&[("cache-control", control)], &chat("a question"));
        assert_eq!(soon(apart).await.unwrap().text(), "two", "{control}");
    }
    let missing = gateway.spawn_chat(&[("cache-control", "only-if-cached")], &chat("another"));
    assert_eq!(soon(missing).await.unwrap().code(), "not_cached");
    signal.notify_one();
    assert_eq!(soon(leader).await.unwrap().text(), "one");
    assert_eq!(upstream.calls(), 3);
}

#[tokio::test]
async fn a_burst_for_a_tier_is_embedded_once() {
    let signal = Arc::new(Notify::new());
    let upstream = slow_first(&signal, Reply::text("one"), Reply::text("two")).await;
    let tiers = "tiers: { cheap: [p/small], frontier: [p/large] }";
    let gateway = Gateway::before(&upstream, tiers).await;
    let mut body = chat("a question");
    body["model"] = json!("auto");
    let (leader, followers) = crowd(&gateway, &upstream, &body, 19).await;
    signal.notify_one();
    assert!(all(followers).await.iter().all(|answer| answer.text() == "one"));
    assert_eq!(soon(leader).await.unwrap().cache(), "miss");
    assert_eq!(gateway.metric("scrimp_embedding_seconds_count").await, 1);
    assert_eq!(upstream.calls(), 1);
}
