//! Sends a trace's questions to a gateway, in order, a few at a time.

use std::{collections::HashMap, num::NonZeroUsize};

use futures_util::{StreamExt as _, stream};

use super::{
    client::{Client, Seen},
    summary::{Hit, Outcome, Summary, Tally},
    trace::{Label, Question},
};

/// Replays `questions`, at most `concurrency` at a time; `watch` sees the tally after each answer.
///
/// After each answer `settle` is awaited: what the gateway still has to learn from it. With one at a time the result is
/// then the same in every run. A served answer is right when the question that it was
/// stored for has the same label; the completion's id tells which question that was.
pub async fn replay(
    client: &Client,
    questions: &[Question],
    concurrency: NonZeroUsize,
    settle: impl AsyncFn(),
    mut watch: impl FnMut(&Tally),
) -> Summary {
    let mut tally = Tally::default();
    let mut answered: HashMap<String, Label> = HashMap::new();
    let asked = questions
        .iter()
        .map(|question| async move { (question, client.ask(&question.messages).await) });
    let mut answers = stream::iter(asked).buffered(concurrency.get());
    while let Some((question, answer)) = answers.next().await {
        match answer {
            Ok(seen) if seen.status == 200 => {
                tally.add(question.kind.as_deref(), outcome(question, &mut answered, seen))
            }
            Ok(seen) => tally.error(format!("status {}", seen.status)),
            Err(error) => {
                tally.error(if error.is_timeout() { "timeout" } else { "no answer" }.to_owned())
            }
        }
        settle().await;
        watch(&tally);
    }
    tally.summary()
}

fn outcome(question: &Question, answered: &mut HashMap<String, Label>, seen: Seen) -> Outcome {
    let hit = match seen.cache.as_str() {
        "exact" => Some(Hit::Exact),
        "semantic" => {
            let source = seen.id.as_ref().and_then(|id| answered.get(id));
            Some(Hit::Semantic {
                right: source.and_then(|label| question.label.is_served_by(label)),
            })
        }
        _ => {
            if let Some(id) = &seen.id {
                answered.insert(id.clone(), question.label.clone());
            }
            None
        }
    };
    Outcome { hit, seen }
}
