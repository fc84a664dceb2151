//! The approximate index: a navigable small-world graph (Malkov and Yashunin, arXiv 1603.09320) from the crate `hnsw_rs`.
//!
//! The only file that names `hnsw_rs`, because that crate has to be kept on a lead: it cannot delete, ends the process
//! when a node may have more than 256 links, prints from the functions that dump or rescale a graph, and panics on a
//! distance that is negative or not a number. So a vector lives in a slot, a removed or replaced one leaves a dead slot
//! behind that searches skip, and the owner ([`super::hybrid`]) builds a new graph when too many slots are dead.
//!
//! A point holds the quantised vector, not the numbers themselves: a quarter of the memory and of what a search reads.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::{Hnsw, Point};
use parking_lot::{Mutex, RwLock};

use super::code::{self, Code};
use super::{
    Best, Labels, Mask, Neighbour, Rows, VectorError, VectorSearch, VectorStore, check, kernel,
};

/// More links per node than this and `hnsw_rs` ends the process.
const MAX_LINKS: usize = 256;
/// Layers of the graph; the crate's own bound.
const LAYERS: usize = 16;
/// Measured at 16 links per node: what a slot takes beyond its vector (links, locks, allocator).
const GRAPH_BYTES_PER_SLOT: usize = 2_900;
/// How often a search that found too few live vectors is repeated with a wider one before the exact scan.
const WIDENINGS: usize = 2;

/// Size and effort of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphOptions {
    /// Links per node and layer, brought into `2..=256`; the lowest layer has twice as many.
    pub m: usize,
    /// Candidates that are looked at when a vector is inserted.
    pub ef_construction: usize,
    /// Candidates that are looked at by a search.
    pub ef_search: usize,
}

/// Unit vectors that are searched through a graph: fast in large sets, and now and then not the very best neighbour.
///
/// Inserting takes 1 to 2 ms at 100,000 vectors; removing is immediate but leaves a dead slot behind.
pub struct HnswIndex {
    dimension: usize,
    options: GraphOptions,
    graph: Graph,
    /// One writer at a time; searches do not wait for it.
    writing: Mutex<()>,
    slots: RwLock<Slots>,
}

type Graph = Hnsw<'static, i8, CodeDistance>;
/// An id, its unit vector and its labels.
pub(super) type Item<'a> = (u64, &'a [f32], Labels);

/// Which slot of the graph belongs to whom. A slot is never used twice.
#[derive(Default)]
struct Slots {
    /// The id in each slot and its labels, none while it is being linked and after it died.
    id_of: Vec<Option<(u64, Labels)>>,
    slot_of: HashMap<u64, usize>,
}

impl HnswIndex {
    /// An empty index for vectors of `dimension` numbers.
    pub fn new(dimension: usize, options: GraphOptions) -> Self {
        let options = GraphOptions {
            m: options.m.clamp(2, MAX_LINKS),
            ef_construction: options.ef_construction.max(1),
            ef_search: options.ef_search.max(1),
        };
        let expected_vectors = 0; // A hint that only saves reallocations.
        let graph =
            Hnsw::new(options.m, expected_vectors, LAYERS, options.ef_construction, CodeDistance);
        Self { dimension, options, graph, writing: Mutex::new(()), slots: RwLock::default() }
    }

    /// Adds or replaces many vectors on `threads` threads; they can be found once all of them are linked.
    /// Ends early, without making any of them findable, when `stop` becomes true.
    ///
    /// # Errors
    /// When one of the vectors cannot be compared with the others; nothing is then changed.
    pub(super) fn extend(
        &self,
        rows: &[Item<'_>],
        threads: NonZeroUsize,
        stop: &AtomicBool,
    ) -> Result<(), VectorError> {
        for (_, vector, _) in rows {
            check(self.dimension, vector)?;
        }
        let _writing = self.writing.lock();
        let first_slot = {
            let mut slots = self.slots.write();
            let first_slot = slots.id_of.len();
            slots.id_of.resize(first_slot + rows.len(), None);
            first_slot
        };
        let next = AtomicUsize::new(0);
        let link = || {
            while !stop.load(Ordering::Relaxed) {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some((_, vector, _)) = rows.get(position) else { break };
                self.graph.insert((&point(vector), first_slot + position));
            }
        };
        // Two first nodes that are inserted at once would not know of each other.
        let parallel = threads.get() > 1 && rows.len() > 1 && self.graph.get_nb_point() > 0;
        if parallel {
            std::thread::scope(|scope| {
                for _ in 0..threads.get() {
                    scope.spawn(link);
                }
            });
        } else {
            link();
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut slots = self.slots.write();
        for (position, (id, _, labels)) in rows.iter().enumerate() {
            slots.put(*id, *labels, first_slot + position);
        }
        Ok(())
    }

    /// Number of slots that searches have to skip.
    pub fn dead(&self) -> usize {
        self.slots.read().dead()
    }

    /// All live vectors, shared with the graph.
    pub(super) fn rows(&self) -> Box<dyn Rows> {
        let slots = self.slots.read();
        let mut rows = Vec::with_capacity(slots.slot_of.len());
        self.each_live(&slots, |id, labels, point| rows.push((id, labels, Arc::clone(point))));
        Box::new(GraphRows(rows))
    }

    /// The exact answer, for the rare search whose surroundings are all dead.
    fn scan(&self, slots: &Slots, query: &[f32], k: usize, mask: Mask) -> Vec<Neighbour> {
        let mut best = Best::new(k);
        self.each_live(slots, |id, labels, point| {
            if mask.admits(labels) {
                best.offer(id, similarity(query, point.get_v()));
            }
        });
        best.neighbours
    }

    fn each_live(
        &self,
        slots: &Slots,
        mut visit: impl FnMut(u64, Labels, &Arc<Point<'static, i8>>),
    ) {
        let nodes = self.graph.get_point_indexation();
        // Layer by layer: the crate's iterator over all nodes takes a lock twice, and panics on an empty graph.
        for layer in 0..self.graph.get_max_level() {
            for point in nodes.get_layer_iterator(layer) {
                if let Some((id, labels)) = slots.id(point.get_origin_id()) {
                    visit(id, labels, &point);
                }
            }
        }
    }
}

impl VectorSearch for HnswIndex {
    fn search_masked(&self, query: &[f32], k: usize, mask: Mask) -> Vec<Neighbour> {
        if check(self.dimension, query).is_err() {
            return Vec::new();
        }
        // Held to the end, so that a replaced id is found in its old or in its new slot, never in neither.
        let slots = self.slots.read();
        let (live, all) = (slots.slot_of.len(), slots.id_of.len());
        let wanted = k.min(live);
        if wanted == 0 {
            return Vec::new();
        }
        // What is looked at grows with the share of dead slots, so that as many live ones are looked at as without any.
        let with_dead = |live_ones: usize| live_ones.saturating_mul(all) / live + 1;
        let mut asked = with_dead(wanted);
        let quantised = point(query);
        for _ in 0..=WIDENINGS {
            let effort = with_dead(self.options.ef_search).max(asked);
            let nodes = self.graph.search(&quantised, asked, effort);
            let found = nodes.iter().filter_map(|node| {
                let (id, labels) = slots.id(node.d_id)?;
                mask.admits(labels).then_some((id, node.p_id))
            });
            let found: Vec<_> = found.take(wanted).collect();
            if found.len() == wanted {
                let mut best = Best::new(wanted);
                for (id, node) in found {
                    let point = self.graph.get_point_indexation().get_point_data(&node);
                    best.offer(id, similarity(query, &point.unwrap_or_default()));
                }
                return best.neighbours;
            }
            asked = asked.saturating_mul(4).max(64);
        }
        self.scan(&slots, query, wanted, mask)
    }

    fn len(&self) -> usize {
        self.slots.read().slot_of.len()
    }

    fn bytes(&self) -> usize {
        let slots = self.slots.read();
        let links = GRAPH_BYTES_PER_SLOT * self.options.m.max(4) / 16;
        let per_slot = self.dimension + SCALE_BYTES + links + size_of::<Option<(u64, Labels)>>();
        slots.id_of.len() * per_slot + slots.slot_of.len() * 25
    }
}

impl VectorStore for HnswIndex {
    fn insert_labelled(&self, id: u64, vector: &[f32], labels: Labels) -> Result<(), VectorError> {
        self.extend(&[(id, vector, labels)], NonZeroUsize::MIN, &AtomicBool::new(false))
    }

    fn remove(&self, id: u64) -> bool {
        let _writing = self.writing.lock();
        self.slots.write().kill(id)
    }
}

impl Slots {
    fn id(&self, slot: usize) -> Option<(u64, Labels)> {
        self.id_of.get(slot).copied().flatten()
    }

    fn put(&mut self, id: u64, labels: Labels, slot: usize) {
        self.kill(id);
        self.id_of[slot] = Some((id, labels));
        self.slot_of.insert(id, slot);
    }

    fn kill(&mut self, id: u64) -> bool {
        let Some(slot) = self.slot_of.remove(&id) else {
            return false;
        };
        self.id_of[slot] = None;
        true
    }

    fn dead(&self) -> usize {
        self.id_of.len() - self.slot_of.len()
    }
}

/// Bytes at the end of a point that hold its scale.
const SCALE_BYTES: usize = size_of::<f32>();

/// A quantised vector as `hnsw_rs` holds it: the bytes, and behind them the scale.
fn point(vector: &[f32]) -> Vec<i8> {
    let Code { mut bytes, scale, .. } = Code::new(vector);
    bytes.extend(scale.to_ne_bytes().map(u8::cast_signed));
    bytes
}

fn bytes_and_scale(point: &[i8]) -> (&[i8], f32) {
    match point.split_last_chunk::<SCALE_BYTES>() {
        Some((bytes, scale)) => (bytes, f32::from_ne_bytes(scale.map(i8::cast_unsigned))),
        None => (&[], 0.0),
    }
}

/// The cosine of a unit vector and a point.
fn similarity(query: &[f32], point: &[i8]) -> f32 {
    match bytes_and_scale(point) {
        (bytes, scale) if bytes.len() == query.len() => code::similarity(query, bytes, scale),
        _ => -1.0,
    }
}

/// `1 - cosine` of two points. What `DistDot` is for unit vectors; that one panics when rounding brings a cosine above 1.
#[derive(Clone, Copy, Default)]
struct CodeDistance;

impl Distance<i8> for CodeDistance {
    fn eval(&self, left: &[i8], right: &[i8]) -> f32 {
        let ((left, left_scale), (right, right_scale)) =
            (bytes_and_scale(left), bytes_and_scale(right));
        let cosine = kernel::dot_quantised(left, right) as f32 * left_scale * right_scale;
        (1.0 - cosine).max(0.0)
    }
}

struct GraphRows(Vec<(u64, Labels, Arc<Point<'static, i8>>)>);

impl Rows for GraphRows {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, position: usize) -> (u64, Vec<f32>, Labels) {
        let (id, labels, point) = &self.0[position];
        let (bytes, scale) = bytes_and_scale(point.get_v());
        (*id, code::restored(bytes, scale), *labels)
    }
}
