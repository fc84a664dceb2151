//! The part of the table of metrics that counts what targets answered, and what that cost.

use std::sync::OnceLock;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    target: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TargetLabels {
    target: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    target: String,
    kind: &'static str,
}

/// What one answer used.
#[derive(Debug, Clone, Copy)]
pub struct Billed {
    /// Tokens of the prompt.
    pub input: u64,
    /// Those of them that the provider's cache had.
    pub cached_input: u64,
    /// Tokens of the answer.
    pub output: u64,
    /// Those of them that are reasoning.
    pub reasoning: u64,
    /// The provider did not count.
    pub is_estimated: bool,
    /// In nano-USD; `None` when it is not known.
    pub cost: Option<u64>,
}

/// Counters of all targets.
#[derive(Default)]
pub struct Answers {
    attempts: Family<AttemptLabels, Counter>,
    tokens: Family<TokenLabels, Counter>,
    cost: Family<TargetLabels, Counter>,
    unpriced: Family<TargetLabels, Counter>,
    estimated: Family<TargetLabels, Counter>,
}

impl Answers {
    /// Every name, once. Counters get `_total` appended on the wire.
    pub fn register(&self, all: &mut Registry) {
        let attempts = self.attempts.clone();
        all.register("upstream_attempts", "Attempts by target and outcome", attempts);
        all.register("tokens", "Tokens billed by target and kind", self.tokens.clone());
        all.register("cost_nano_usd", "Spent, in billionths of a US dollar", self.cost.clone());
        all.register("unpriced", "Answers whose cost is not known", self.unpriced.clone());
        all.register(
            "estimated",
            "Answers whose tokens the provider did not count",
            self.estimated.clone(),
        );
    }
}

/// The counters of one target. Each is looked up once, and only where there is something to count.
pub struct Meter {
    label: String,
    answered: OnceLock<Counter>,
    tokens: [OnceLock<Counter>; 4],
    cost: OnceLock<Counter>,
    unpriced: OnceLock<Counter>,
    estimated: OnceLock<Counter>,
}

/// As in metrics.
const ANSWERED: &str = "ok";

impl Meter {
    /// That of the target with this label.
    pub fn new(label: String) -> Self {
        let counter = OnceLock::new;
        Self {
            label,
            answered: counter(),
            tokens: [counter(), counter(), counter(), counter()],
            cost: counter(),
            unpriced: counter(),
            estimated: counter(),
        }
    }

    /// An attempt has ended.
    pub fn attempted(&self, answers: &Answers, outcome: &'static str) {
        let counter = || {
            let labels = AttemptLabels { target: self.label.clone(), outcome };
            answers.attempts.get_or_create_owned(&labels)
        };
        match outcome {
            ANSWERED => self.answered.get_or_init(counter).inc(),
            _ => counter().inc(),
        };
    }

    /// An answer has come.
    pub fn answered(&self, answers: &Answers, billed: Billed) {
        let Billed { input, cached_input, output, reasoning, is_estimated, cost } = billed;
        let kinds = [
            ("input", input),
            ("cached_input", cached_input),
            ("output", output),
            ("reasoning", reasoning),
        ];
        for (slot, (kind, count)) in self.tokens.iter().zip(kinds) {
            if count > 0 {
                let labels = || TokenLabels { target: self.label.clone(), kind };
                slot.get_or_init(|| answers.tokens.get_or_create_owned(&labels())).inc_by(count);
            }
        }
        let counter = |family: &Family<TargetLabels, Counter>| {
            family.get_or_create_owned(&TargetLabels { target: self.label.clone() })
        };
        match cost {
            Some(amount) => self.cost.get_or_init(|| counter(&answers.cost)).inc_by(amount),
            None => self.unpriced.get_or_init(|| counter(&answers.unpriced)).inc(),
        };
        if is_estimated {
            self.estimated.get_or_init(|| counter(&answers.estimated)).inc();
        }
    }
}
