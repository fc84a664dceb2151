//! Is the comparison of answers worth anything on this traffic? Pairs whose truth is known without it tell.
//!
//! Two questions that differ in nothing but case or politeness have the same answer: if theirs differ, the provider answers
//! differently each time, or the comparison is misled. Answers to unrelated questions differ: if they agree, the provider
//! says the same to everything. Pure.

/// Control pairs that are known before anything is concluded.
const ENOUGH: f64 = 5.0;
/// From this share of mistakes on, the comparison teaches nothing.
const USELESS: f64 = 0.4;
/// Control pairs after which older ones count half.
const HALF_LIFE: f64 = 200.0;

/// Without equal pairs the comparison is trusted from so many labels on.
const PATIENCE: u32 = 20;

/// What is known of the comparison's mistakes.
#[derive(Debug, Clone, Default)]
pub struct Control {
    same: Tally,
    different: Tally,
    labels: u32,
}

/// What labels are worth at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Not known yet: keep them.
    Open,
    /// Learn from them.
    Useful,
    /// They teach nothing.
    Useless,
}

/// Mistakes among pairs, older ones fading.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    pairs: f64,
    mistakes: f64,
}

impl Tally {
    fn see(&mut self, mistake: f64) {
        let kept = 0.5_f64.powf(1.0 / HALF_LIFE);
        self.pairs = self.pairs * kept + 1.0;
        self.mistakes = self.mistakes * kept + mistake.clamp(0.0, 1.0);
    }

    /// The share of mistakes, once there are enough pairs.
    fn share(&self) -> Option<f64> {
        (self.pairs >= ENOUGH).then(|| self.mistakes / self.pairs)
    }
}

impl Control {
    /// The answers to two questions that are equal were found to differ by so much, in `[0, 1]`.
    pub fn same(&mut self, wrong: f64) {
        self.same.see(wrong);
    }

    /// The answers to two questions that have nothing in common were found to differ by so much.
    pub fn different(&mut self, wrong: f64) {
        self.different.see(1.0 - wrong);
    }

    /// A shadow check was made.
    pub fn checked(&mut self) {
        self.labels = self.labels.saturating_add(1);
    }

    /// What labels are worth.
    pub fn worth(&self) -> Worth {
        let shares = [self.same.share(), self.different.share()];
        if shares.into_iter().flatten().any(|share| share >= USELESS) {
            return Worth::Useless;
        }
        match shares[0].is_some() || self.labels >= PATIENCE {
            true => Worth::Useful,
            false => Worth::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_never_says_the_same_twice_teaches_nothing() {
        let mut control = Control::default();
        assert_eq!(control.worth(), Worth::Open);
        (0..6).for_each(|_| control.same(1.0));
        assert_eq!(control.worth(), Worth::Useless);
        (0..400).for_each(|_| control.same(0.0));
        assert_eq!(control.worth(), Worth::Useful, "it can come back");
    }

    #[test]
    fn a_provider_that_always_says_the_same_teaches_nothing() {
        let mut control = Control::default();
        (0..20).for_each(|_| control.same(0.0));
        assert_eq!(control.worth(), Worth::Useful);
        (0..6).for_each(|_| control.different(0.0));
        assert_eq!(control.worth(), Worth::Useless);
    }

    #[test]
    fn a_few_mistakes_are_borne() {
        let mut control = Control::default();
        for number in 0..100 {
            control.same(if number % 5 == 0 { 1.0 } else { 0.1 });
            control.different(if number % 10 == 0 { 0.0 } else { 1.0 });
        }
        assert_eq!(control.worth(), Worth::Useful);
    }

    #[test]
    fn without_equal_pairs_patience_ends() {
        let mut control = Control::default();
        (0..PATIENCE).for_each(|_| control.checked());
        assert_eq!(control.worth(), Worth::Useful);
    }
}
