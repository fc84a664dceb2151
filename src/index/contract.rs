//! One suite for every store: whatever is done to it, it answers like a naive model of the same vectors.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::flat::FlatIndex;
use super::hnsw::{GraphOptions, HnswIndex};
use super::inverted::{Effort, InvertedIndex};
use super::*;

const GRAPH: GraphOptions = GraphOptions { m: 12, ef_construction: 100, ef_search: 64 };

/// How far the similarity to a quantised vector may be off, at `dimension` numbers: half a step in each of them.
fn tolerance(dimension: usize) -> f32 {
    (dimension as f32).sqrt() * 0.5 / 127.0
}

fn hybrid(dimension: usize, graph_from: usize) -> HybridIndex {
    let GraphOptions { m, ef_construction, ef_search } = GRAPH;
    let options =
        IndexOptions { graph_from, m, ef_construction, ef_search, ..IndexOptions::default() };
    HybridIndex::new(dimension, options)
}

fn inverted(dimension: usize, scanned: usize) -> InvertedIndex {
    InvertedIndex::new(dimension, Effort { scanned, reranked: 128 })
}

fn stores(dimension: usize) -> Vec<(&'static str, Box<dyn VectorStore>)> {
    vec![
        ("flat", Box::new(FlatIndex::new(dimension))),
        ("inverted file, read whole", Box::new(inverted(dimension, usize::MAX))),
        ("inverted file, read in part", Box::new(inverted(dimension, 1000))),
        ("hnsw", Box::new(HnswIndex::new(dimension, GRAPH))),
        ("hybrid that becomes a graph", Box::new(hybrid(dimension, 40))),
        ("hybrid that is always a graph", Box::new(hybrid(dimension, 0))),
    ]
}

/// A direction near one of a few centres, as embeddings are.
fn embedding(random: &mut StdRng, dimension: usize) -> Vec<f32> {
    let mut centre = StdRng::seed_from_u64(random.random_range(0..50));
    let vector = (0..dimension)
        .map(|_| centre.random_range(-1.0..1.0f32) + random.random_range(-0.6..0.6f32));
    unit(vector.collect())
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

/// The vectors as they should be, and the checks that hold for exact and approximate stores alike.
#[derive(Default)]
struct Model(BTreeMap<u64, Vec<f32>>);

impl Model {
    fn check_search(&self, name: &str, store: &dyn VectorStore, query: &[f32], k: usize) {
        let found = store.search(query, k);
        assert_eq!(found.len(), k.min(self.0.len()), "{name}: number of neighbours");
        let ids: HashSet<u64> = found.iter().map(|neighbour| neighbour.id).collect();
        assert_eq!(ids.len(), found.len(), "{name}: an id was returned twice");
        assert!(
            found.is_sorted_by(|a, b| a.similarity >= b.similarity),
            "{name}: not best first: {found:?}"
        );
        for neighbour in found {
            let vector = self
                .0
                .get(&neighbour.id)
                .unwrap_or_else(|| panic!("{name}: {} is not live", neighbour.id));
            assert!(
                (neighbour.similarity - dot(vector, query)).abs() < tolerance(query.len()),
                "{name}: similarity of {neighbour:?}"
            );
        }
    }

    /// Share of entries whose own vector finds them, or something that is equally near.
    fn own_recall(&self, store: &dyn VectorStore) -> f64 {
        let found = |vector: &[f32]| {
            store.search(vector, 1).first().is_some_and(|best| {
                best.similarity > 0.9999
                    && dot(&self.0[&best.id], vector) > 1.0 - tolerance(vector.len())
            })
        };
        self.0.values().filter(|vector| found(vector)).count() as f64 / self.0.len() as f64
    }
}

#[test]
fn random_changes_and_searches_agree_with_the_model() {
    const DIMENSION: usize = 24;
    for seed in 0..3 {
        for (name, store) in stores(DIMENSION) {
            let mut random = StdRng::seed_from_u64(seed);
            let mut model = Model::default();
            for _ in 0..1500 {
                let id = random.random_range(0..300);
                let vector = embedding(&mut random, DIMENSION);
                match random.random_range(0..10) {
                    0..4 => {
                        store.insert(id, &vector).unwrap();
                        model.0.insert(id, vector);
                    }
                    4..7 => assert_eq!(
                        store.remove(id),
                        model.0.remove(&id).is_some(),
                        "{name}: remove {id}"
                    ),
                    _ => model.check_search(
                        name,
                        store.as_ref(),
                        &vector,
                        random.random_range(0..12),
                    ),
                }
                assert_eq!(store.len(), model.0.len(), "{name}");
                assert_eq!(store.is_empty(), model.0.is_empty(), "{name}");
            }
            assert!(model.own_recall(store.as_ref()) > 0.99, "{name}");
        }
    }
}

#[test]
fn every_entry_finds_itself_after_a_build_and_after_half_was_exchanged() {
    const DIMENSION: usize = 32;
    const ENTRIES: u64 = 3000;
    for (name, store) in stores(DIMENSION) {
        let mut random = StdRng::seed_from_u64(7);
        let mut model = Model::default();
        let mut put = |model: &mut Model, id| {
            let vector = embedding(&mut random, DIMENSION);
            store.insert(id, &vector).unwrap();
            model.0.insert(id, vector);
        };
        (0..ENTRIES).for_each(|id| put(&mut model, id));
        // A part of so few signs does not hold every entry's own list.
        let least = if name == "inverted file, read in part" { 0.98 } else { 1.0 };
        assert!(model.own_recall(store.as_ref()) >= least, "{name}: after the build");
        for id in 0..ENTRIES / 2 {
            match id % 2 {
                0 => put(&mut model, id),
                _ => {
                    assert!(store.remove(id));
                    model.0.remove(&id);
                    put(&mut model, ENTRIES + id);
                }
            }
        }
        assert!(model.own_recall(store.as_ref()) >= 0.98, "{name}: after the churn");
        model.check_search(name, store.as_ref(), &model.0[&0].clone(), 100);
    }
}

#[test]
fn hundreds_of_equal_vectors_are_all_found() {
    for (name, store) in stores(8) {
        let vector = unit(vec![1.0; 8]);
        let mut model = Model::default();
        for id in 0..300 {
            store.insert(id, &vector).unwrap();
            model.0.insert(id, vector.clone());
        }
        model.check_search(name, store.as_ref(), &vector, 300);
    }
}

#[test]
fn the_last_live_vectors_are_found_among_many_dead_ones() {
    for (name, store) in stores(16) {
        let mut random = StdRng::seed_from_u64(3);
        let mut model = Model::default();
        for id in 0..500 {
            let vector = embedding(&mut random, 16);
            store.insert(id, &vector).unwrap();
            model.0.insert(id, vector);
        }
        let all: Vec<u64> = model.0.keys().copied().collect();
        for id in all.into_iter().filter(|id| *id != 77 && *id != 400) {
            store.remove(id);
            model.0.remove(&id);
        }
        for _ in 0..20 {
            model.check_search(name, store.as_ref(), &embedding(&mut random, 16), 5);
        }
    }
}

#[test]
fn vectors_that_cannot_be_compared_are_refused_and_change_nothing() {
    for (name, store) in stores(2) {
        store.insert(1, &[1.0, 0.0]).unwrap();
        assert_eq!(
            store.insert(1, &[1.0]),
            Err(VectorError::Dimension { expected: 2, actual: 1 }),
            "{name}"
        );
        for bad in [[f32::NAN, 0.0], [f32::INFINITY, 0.0], [0.0, 0.0], [3.0, 4.0]] {
            assert!(
                matches!(store.insert(1, &bad), Err(VectorError::NotUnit { .. })),
                "{name}: {bad:?}"
            );
            assert!(store.search(&bad, 1).is_empty(), "{name}: {bad:?}");
        }
        assert!(store.search(&[1.0], 1).is_empty() && store.search(&[], 1).is_empty(), "{name}");
        assert_eq!(store.search(&[1.0, 0.0], 5), [Neighbour { id: 1, similarity: 1.0 }], "{name}");
        assert_eq!(store.len(), 1, "{name}");
    }
}

#[test]
fn only_what_the_mask_admits_is_found_however_rare_it_is() {
    for (name, store) in stores(16) {
        let mut random = StdRng::seed_from_u64(4);
        for id in 0..2000u64 {
            let labels = Labels::from(id % 2 == 0) | Labels::from(id % 500 == 3) << 1;
            store.insert_labelled(id, &embedding(&mut random, 16), labels).unwrap();
        }
        // Replacing replaces the labels, too.
        store.insert_labelled(6, &embedding(&mut random, 16), 2).unwrap();
        for _ in 0..20 {
            let query = embedding(&mut random, 16);
            let ids = |mask| {
                let found = store.search_masked(&query, 10, mask);
                assert!(found.is_sorted_by(|a, b| a.similarity >= b.similarity), "{name}");
                found.iter().map(|neighbour| neighbour.id).collect::<Vec<_>>()
            };
            let mut rare = ids(Mask { all: 2, none: 0 });
            rare.sort_unstable();
            assert_eq!(rare, [3, 6, 503, 1003, 1503], "{name}");
            let even = ids(Mask { all: 1, none: 2 });
            assert!(even.len() == 10 && even.iter().all(|id| id % 2 == 0 && *id != 6), "{name}");
            assert!(ids(Mask { all: 3, none: 0 }).is_empty(), "{name}");
        }
    }
}

#[test]
fn an_empty_store_finds_nothing() {
    for (name, store) in stores(2) {
        assert!(store.search(&[1.0, 0.0], 3).is_empty(), "{name}");
        assert!(!store.remove(0), "{name}");
        assert!(store.bytes() < 1000, "{name}: {} bytes", store.bytes());
        store.insert(5, &[1.0, 0.0]).unwrap();
        assert!(store.search(&[1.0, 0.0], 0).is_empty(), "{name}");
        assert!(store.remove(5), "{name}");
        assert!(store.search(&[1.0, 0.0], 3).is_empty(), "{name}");
    }
}

#[test]
fn concurrent_readers_never_see_what_was_removed_before_they_asked() {
    const DIMENSION: usize = 16;
    const PER_WRITER: u64 = 400;
    for (name, store) in stores(DIMENSION) {
        let (store, gone) = (
            store.as_ref(),
            (0..3 * PER_WRITER).map(|_| AtomicBool::new(false)).collect::<Vec<_>>(),
        );
        let (gone, writing) = (&gone, &AtomicBool::new(true));
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..3)
                .map(|writer| {
                    scope.spawn(move || {
                        let mut random = StdRng::seed_from_u64(writer);
                        let mut mine = Vec::new();
                        for id in writer * PER_WRITER..(writer + 1) * PER_WRITER {
                            store.insert(id, &embedding(&mut random, DIMENSION)).unwrap();
                            mine.push(id);
                            // Replacing must never bring an id back or hide it.
                            let again = *mine.choose(&mut random).unwrap();
                            store.insert(again, &embedding(&mut random, DIMENSION)).unwrap();
                            if id % 3 == 0 {
                                let victim = mine.swap_remove(random.random_range(0..mine.len()));
                                assert!(store.remove(victim), "{name}");
                                gone[victim as usize].store(true, Ordering::SeqCst);
                            }
                        }
                        mine.len()
                    })
                })
                .collect();
            let readers: Vec<_> = (0..2)
                .map(|reader| {
                    scope.spawn(move || {
                        let mut random = StdRng::seed_from_u64(100 + reader);
                        while writing.load(Ordering::SeqCst) {
                            let before: Vec<bool> =
                                gone.iter().map(|flag| flag.load(Ordering::SeqCst)).collect();
                            for found in store.search(&embedding(&mut random, DIMENSION), 10) {
                                assert!(
                                    !before[found.id as usize],
                                    "{name}: {} had been removed",
                                    found.id
                                );
                            }
                        }
                    })
                })
                .collect();
            let left: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
            writing.store(false, Ordering::SeqCst);
            readers.into_iter().for_each(|reader| reader.join().unwrap());
            assert_eq!(store.len(), left.into_iter().map(Result::unwrap).sum::<usize>(), "{name}");
        });
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u64, Vec<f32>),
    Remove(u64),
    Search(Vec<f32>, usize),
}

fn step(dimension: usize) -> impl Strategy<Value = Step> {
    let vector = move || {
        proptest::collection::vec(-4i8..=4, dimension)
            .prop_filter("a direction", |v| v.iter().any(|x| *x != 0))
            .prop_map(|v| unit(v.into_iter().map(f32::from).collect()))
    };
    prop_oneof![
        5 => (0..20u64, vector()).prop_map(|(id, vector)| Step::Insert(id, vector)),
        2 => (0..20u64).prop_map(Step::Remove),
        2 => (vector(), 0..25usize).prop_map(|(query, k)| Step::Search(query, k)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_steps_agrees_with_the_model(steps in proptest::collection::vec(step(3), 1..120)) {
        let mut all = stores(3);
        all.push(("hybrid that goes back and forth", Box::new(hybrid(3, 8))));
        for (name, store) in all {
            let mut model = Model::default();
            for step in &steps {
                match step {
                    Step::Insert(id, vector) => {
                        store.insert(*id, vector).unwrap();
                        model.0.insert(*id, vector.clone());
                    }
                    Step::Remove(id) => assert_eq!(store.remove(*id), model.0.remove(id).is_some(), "{name}"),
                    Step::Search(query, k) => model.check_search(name, store.as_ref(), query, *k),
                }
            }
            prop_assert!(model.0.is_empty() || model.own_recall(store.as_ref()) == 1.0, "{}", name);
        }
    }
}
