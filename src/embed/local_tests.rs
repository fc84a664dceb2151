//! The embedder as callers see it, on the tiny model.

use std::{
    path::Path,
    task::{Context, Poll, Waker},
};

use super::*;
use crate::config::{DeviceChoice, Embedding, ModelSource, Precision};

fn start(queue: usize, batch_tokens: usize) -> LocalEmbedder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
    let embedding = Embedding {
        model: ModelSource::Folder(folder),
        device: DeviceChoice::Cpu,
        precision: Precision::F32,
        queue,
        batch_tokens,
    };
    LocalEmbedder::start(&embedding).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn cosine(a: &Embedded, b: &Embedded) -> f32 {
    a.vector.iter().zip(b.vector.iter()).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn vectors_come_in_order_and_of_length_one() {
    let embedder = start(512, 64);
    let many: Vec<String> = (0..40).map(|count| "the price of bread ".repeat(count % 7)).collect();
    let embedded = embedder.embed(many.clone()).await.unwrap();
    assert_eq!(embedded.len(), many.len());
    for (count, one) in embedded.iter().enumerate() {
        assert_eq!(one.vector.len(), embedder.dim());
        assert_eq!(one.tokens, 2 + 4 * (count % 7));
        assert!((cosine(one, one) - 1.0).abs() < 1e-5);
        let alone = start(512, 64).embed(vec![many[count].clone()]).await.unwrap();
        assert!(cosine(one, &alone[0]) > 0.99999);
    }
}

#[tokio::test]
async fn a_rewording_is_close_and_another_question_is_far() {
    let embedder = start(512, 4096);
    let questions = texts(&[
        "How do I cancel my subscription?",
        "How can I terminate my subscription?",
        "Which planet is the largest?",
    ]);
    let embedded = embedder.embed(questions).await.unwrap();
    assert!(cosine(&embedded[0], &embedded[1]) > 0.85);
    assert!(cosine(&embedded[0], &embedded[2]) < 0.6);
}

#[tokio::test]
async fn a_repeated_text_is_not_computed_again() {
    let embedder = start(512, 4096);
    let first = embedder.embed(texts(&["hello"])).await.unwrap();
    embedder.queue.close();
    let again = embedder.embed(texts(&["hello"])).await.unwrap();
    assert!(Arc::ptr_eq(&first[0].vector, &again[0].vector));
    assert!(matches!(embedder.embed(texts(&["other"])).await, Err(EmbedError::Stopped)));
}

#[tokio::test]
async fn a_text_beyond_the_window_is_refused_with_its_place() {
    let embedder = start(512, 4096);
    let long = "the ".repeat(95);
    for filler in ["short".to_owned(), "x ".repeat(INLINE_BYTES / 40)] {
        let refused = embedder.embed(vec![filler, long.clone()]).await;
        assert!(
            matches!(refused, Err(EmbedError::TooLong { index: 1, tokens: 97, max: 96 })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_call_larger_than_the_queue_goes_through_in_parts() {
    let embedder = start(3, 64);
    let many: Vec<String> = (0..50).map(|number| format!("number {number}")).collect();
    assert_eq!(embedder.embed(many).await.unwrap().len(), 50);
}

#[tokio::test]
async fn large_calls_are_tokenised_off_the_callers_thread() {
    let embedder = start(512, 4096);
    let many: Vec<String> =
        (0..200).map(|number| format!("the price of bread in the year {number}")).collect();
    assert!(many.iter().map(String::len).sum::<usize>() > INLINE_BYTES);
    assert_eq!(embedder.embed(many).await.unwrap().len(), 200);
}

#[tokio::test]
async fn no_texts_give_no_vectors() {
    assert!(start(512, 4096).embed(Vec::new()).await.unwrap().is_empty());
}

#[test]
fn a_caller_that_hangs_up_takes_its_work_with_it() {
    let queue = Arc::new(Queue::new(8));
    let embedder = LocalEmbedder { queue: Arc::clone(&queue), ..start(512, 4096) };
    let mut call = embedder.embed(texts(&["what is the capital of france"]));
    assert!(matches!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    drop(call);
    let mut second = embedder.embed(texts(&["why is the sky blue"]));
    assert!(matches!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    assert_eq!(queue.next_batch(4096).unwrap().len(), 1, "only the second is left");
}
