//! In which order the targets of a tier are tried.

use super::{market::Market, suit::Needs};
use crate::config::{Pick, Target};

/// Brings targets that can serve into the order of the operator's choice; what is equal stays as configured.
pub fn order(targets: &mut [Target], needs: &Needs, market: &Market<'_>) {
    match market.pick {
        Pick::Order => {}
        Pick::Cheapest => targets.sort_by_cached_key(|target| market.cost(target, needs)),
        Pick::Fastest => fastest_first(targets, market),
        Pick::Weighted => by_weight(targets, market),
    }
    targets.sort_by_cached_key(|target| market.is_slow(target));
}

/// The better of two that chance picks goes first, so that not everybody runs to the fastest at once; the others follow by
/// what they cost in time ("The power of two choices in randomized load balancing", Mitzenmacher 2001).
fn fastest_first(targets: &mut [Target], market: &Market<'_>) {
    // Each load once: while one compares them, they change.
    let mut loaded: Vec<_> = targets.iter().map(|it| ((market.load)(it), it.clone())).collect();
    loaded.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    for (place, (_, target)) in targets.iter_mut().zip(loaded) {
        *place = target;
    }
    let count = targets.len();
    if count < 3 {
        // Of two, both are picked.
        return;
    }
    let pairs = count * (count - 1);
    let pair = ((market.draw * pairs as f64) as usize).min(pairs - 1);
    let (one, other) = (pair / (count - 1), pair % (count - 1));
    let other = if other >= one { other + 1 } else { other };
    // They are sorted: the better one is the earlier one.
    targets[..=one.min(other)].rotate_right(1);
}

/// One by weight goes first; the others follow, each again by weight.
fn by_weight(targets: &mut [Target], market: &Market<'_>) {
    let mut draw = market.draw;
    let weight = |target: &Target| f64::from(market.facts(target).weight);
    for start in 0..targets.len() {
        let rest = &targets[start..];
        let total: f64 = rest.iter().map(weight).sum();
        let mut left = draw * total;
        let place = rest.iter().position(|target| {
            let share = weight(target);
            let is_it = left < share;
            if !is_it {
                left -= share;
            }
            is_it
        });
        // Weights of zero only: as configured.
        let Some(place) = place else { return };
        // What is left of the draw within the share that was hit is as good as a fresh one.
        let share = weight(&rest[place]);
        draw = (left / share).clamp(0.0, 1.0 - f64::EPSILON);
        targets[start..=start + place].rotate_right(1);
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::{account::PriceBook, config::ModelFacts, route::market::tests::market};

    fn target(model: &str) -> Target {
        Target { provider: "p".into(), model: model.into() }
    }

    fn ordered(models: &[&str], market: &Market<'_>) -> String {
        let mut targets: Vec<Target> = models.iter().map(|model| target(model)).collect();
        order(&mut targets, &Needs::default(), market);
        targets.iter().map(|target| target.model.as_str()).collect()
    }

    /// How often each of `a`, `b`, `c` comes first over the whole range of draws, in hundredths.
    fn firsts(market: Market<'_>) -> [usize; 3] {
        let first = |step: usize| {
            let draw = (step as f64 + 0.5) / 1000.0;
            ordered(&["a", "b", "c"], &Market { draw, ..market }).remove(0)
        };
        let firsts: Vec<char> = (0..1000).map(first).collect();
        ['a', 'b', 'c'].map(|name| firsts.iter().filter(|first| **first == name).count() / 10)
    }

    #[test]
    fn weights_share_out_the_requests() {
        let weighing = |weight| ModelFacts { weight, ..ModelFacts::default() };
        let prices = PriceBook::shipped();
        let facts = IndexMap::from([(target("a"), weighing(3)), (target("c"), weighing(0))]);
        let weighted = Market { pick: Pick::Weighted, ..market(&facts, &prices) };
        assert_eq!(firsts(weighted), [75, 25, 0]);
        let none: IndexMap<_, _> = ["a", "b", "c"].map(|model| (target(model), weighing(0))).into();
        let weighted = Market { pick: Pick::Weighted, ..market(&none, &prices) };
        assert_eq!(ordered(&["c", "a", "b"], &weighted), "cab");
        let even = IndexMap::new();
        let [a, b, c] = firsts(Market { pick: Pick::Weighted, ..market(&even, &prices) });
        assert!([a, b, c].iter().all(|share| (32..=34).contains(share)), "{a} {b} {c}");
    }

    #[test]
    fn the_fastest_of_two_goes_first() {
        let (none, prices) = (IndexMap::new(), PriceBook::shipped());
        let load = |target: &Target| match target.model.as_str() {
            "a" => 3.0,
            "b" => 1.0,
            _ => 2.0,
        };
        let fastest = Market { pick: Pick::Fastest, load: &load, ..market(&none, &prices) };
        // Of three pairs the fastest is in two, the second in the third, the slowest never first.
        let [a, b, c] = firsts(fastest);
        assert!(a == 0 && (66..=67).contains(&b) && (33..=34).contains(&c), "{a} {b} {c}");
        assert_eq!(ordered(&["a", "b"], &fastest), "ba");
    }

    #[test]
    fn what_nothing_is_known_of_is_tried() {
        let (none, prices) = (IndexMap::new(), PriceBook::shipped());
        let load = |target: &Target| if target.model == "a" { 0.5 } else { 0.0 };
        let fastest = Market { pick: Pick::Fastest, load: &load, ..market(&none, &prices) };
        assert_eq!(ordered(&["a", "new"], &fastest), "newa");
    }
}
