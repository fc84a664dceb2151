//! That the lists stay in order, and that lookups wait for nobody and miss nothing while they change.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

const DIMENSION: usize = 64;

fn index(scanned: usize) -> InvertedIndex {
    InvertedIndex::new(DIMENSION, Effort { scanned, reranked: 128 })
}

/// The direction of an id, near one of a few centres.
fn vector(id: u64) -> Vec<f32> {
    let mut centre = StdRng::seed_from_u64(id % 20);
    let mut random = StdRng::seed_from_u64(1 << 32 | id);
    let mut vector: Vec<f32> = (0..DIMENSION)
        .map(|_| centre.random_range(-1.0..1.0f32) + random.random_range(-0.6..0.6f32))
        .collect();
    let length = super::super::dot(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

fn assert_in_order(index: &InvertedIndex) {
    let (state, list_of) = (index.state(), index.list_of.lock());
    let mut rows = 0;
    for (number, list) in state.iter().enumerate() {
        assert!(list.len() <= LARGEST_LIST + SMALLEST_LIST, "{} rows in a list", list.len());
        assert!(list.len() >= SMALLEST_LIST || state.len() == 1, "{} rows in a list", list.len());
        assert_eq!(list.signs.len(), list.len());
        for (row, id) in list.ids.iter().enumerate() {
            assert_eq!(list_of.get(id), Some(&(number as u32)), "the list of {id}");
            assert_eq!(list.get(row).code.signs, Code::new(&vector(*id % 1_000_000)).signs);
        }
        rows += list.len();
    }
    assert_eq!((rows, rows), (state.rows(), list_of.len()));
    assert_eq!(state.distances(&code::signs(&vector(0))).len(), state.len());
}

#[test]
fn lists_stay_in_order_while_entries_come_and_go() {
    let index = index(usize::MAX);
    let mut random = StdRng::seed_from_u64(1);
    let mut live: Vec<u64> = Vec::new();
    // Grows to thousands, shrinks to nothing, and grows again.
    for (steps, share_of_inserts) in [(6000, 0.9), (9000, 0.1), (3000, 0.7)] {
        for _ in 0..steps {
            if live.is_empty() || random.random_bool(share_of_inserts) {
                let id = random.random_range(0..1_000_000);
                index.insert(id, &vector(id)).unwrap();
                if !live.contains(&id) {
                    live.push(id);
                }
            } else {
                let id = live.swap_remove(random.random_range(0..live.len()));
                assert!(index.remove(id));
            }
        }
        assert_in_order(&index);
        assert_eq!(index.len(), live.len());
    }
}

#[test]
fn a_lookup_waits_for_no_writer_and_no_state_changes_once_it_is_held() {
    let index = index(usize::MAX);
    (0..1000).for_each(|id| index.insert(id, &vector(id)).unwrap());
    let held = index.state();
    let lists = held.len();
    (1000..4000).for_each(|id| index.insert(id, &vector(id)).unwrap());
    (0..500).for_each(|id| assert!(index.remove(id)));
    assert_eq!((held.rows(), held.len()), (1000, lists));
    let mut ids: Vec<u64> = held.iter().flat_map(|list| list.ids.clone()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..1000).collect::<Vec<_>>());
    // As if a writer were in the middle of a change.
    let _writing = index.list_of.lock();
    assert_eq!(index.search(&vector(2000), 1)[0].id, 2000);
}

#[test]
fn entries_are_found_at_every_moment_while_others_split_their_lists() {
    const STANDING: u64 = 500;
    let index = &index(2000);
    (0..STANDING).for_each(|id| index.insert(id, &vector(id)).unwrap());
    let writing = &AtomicBool::new(true);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                scope.spawn(move || {
                    let mut lookups = 0;
                    while writing.load(Ordering::Relaxed) || lookups < 100 {
                        let id = (lookups * 7 + reader) % STANDING;
                        let found = index.search(&vector(id), 3);
                        assert_eq!(found[0].id, id);
                        assert!(found[0].id != found[1].id && found[1].id != found[2].id);
                        lookups += 1;
                    }
                })
            })
            .collect();
        for id in STANDING..4000 {
            index.insert(id, &vector(id)).unwrap();
            // Those that stay are replaced by themselves, others go again.
            index.insert(id % STANDING, &vector(id % STANDING)).unwrap();
            if id % 3 == 0 {
                assert!(index.remove(id));
            }
        }
        writing.store(false, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    assert_in_order(index);
}

#[test]
fn an_entry_takes_no_more_than_is_said_and_an_empty_index_next_to_nothing() {
    assert_eq!(index(1).bytes(), 0);
    let index = InvertedIndex::new(384, Effort { scanned: 1, reranked: 1 });
    let wide = |id: u64| {
        let vector = vector(id).repeat(6);
        vector.into_iter().map(|value| value / 6f32.sqrt()).collect::<Vec<_>>()
    };
    index.insert(0, &wide(0)).unwrap();
    assert!(index.bytes() < 1500, "{} bytes of one entry", index.bytes());
    (0..5000).for_each(|id| index.insert(id, &wide(id)).unwrap());
    let bytes = index.bytes() / 5000;
    let said = super::super::bytes_of_vector(384);
    assert!((400..=said).contains(&bytes), "{bytes} bytes an entry, {said} said");
}
