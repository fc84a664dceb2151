//! Identical requests in flight go upstream once.
//!
//! The first to join a key leads; the others wait for what it finds. A leader that gives up or goes away makes room for
//! one of the waiting to lead; a leader whose answer cannot be shared sends the waiting on their own ways.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::ExactKey;

/// All flights; `T` is what a leader shares.
pub struct Flights<T> {
    open: Arc<Mutex<HashMap<ExactKey, watch::Receiver<State<T>>>>>,
}

#[derive(Debug, Clone)]
enum State<T> {
    Flying,
    Landed(T),
    Unshareable,
}

/// What joining a flight comes to.
pub enum Join<T: Clone> {
    /// Nobody is at it: find the answer and [`Lead::land`] it.
    Lead(Lead<T>),
    /// The leader found this.
    Landed(T),
    /// The leader's answer cannot be shared: go alone.
    Alone,
}

/// The duty to find the answer. Dropped without a word, another takes over.
pub struct Lead<T: Clone> {
    key: ExactKey,
    sender: watch::Sender<State<T>>,
    open: Arc<Mutex<HashMap<ExactKey, watch::Receiver<State<T>>>>>,
}

impl<T: Clone> Default for Flights<T> {
    fn default() -> Self {
        Self { open: Arc::default() }
    }
}

impl<T: Clone> Flights<T> {
    /// Joins the flight for `key`, waiting for its leader if it has one.
    pub async fn join(&self, key: ExactKey) -> Join<T> {
        loop {
            let mut receiver = match self.lead_or_follow(key) {
                Ok(lead) => return Join::Lead(lead),
                Err(receiver) => receiver,
            };
            // An error means that the leader went away; the next round finds a new one or becomes it.
            if let Ok(state) = receiver.wait_for(|state| !matches!(state, State::Flying)).await {
                match &*state {
                    State::Landed(found) => return Join::Landed(found.clone()),
                    State::Unshareable => return Join::Alone,
                    State::Flying => {}
                }
            }
        }
    }

    fn lead_or_follow(&self, key: ExactKey) -> Result<Lead<T>, watch::Receiver<State<T>>> {
        let mut open = self.open.lock();
        if let Some(receiver) = open.get(&key) {
            return Err(receiver.clone());
        }
        let (sender, receiver) = watch::channel(State::Flying);
        open.insert(key, receiver);
        Ok(Lead { key, sender, open: Arc::clone(&self.open) })
    }

    /// Flights under way.
    pub fn len(&self) -> usize {
        self.open.lock().len()
    }

    /// Nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Clone> Lead<T> {
    /// Shares what was found.
    pub fn land(self, found: T) {
        self.end(State::Landed(found));
    }

    /// The answer is for the leader alone.
    pub fn unshareable(self) {
        self.end(State::Unshareable);
    }

    fn end(&self, state: State<T>) {
        self.open.lock().remove(&self.key);
        self.sender.send_replace(state);
    }
}

impl<T: Clone> Drop for Lead<T> {
    fn drop(&mut self) {
        if matches!(*self.sender.borrow(), State::Flying) {
            self.open.lock().remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: ExactKey = ExactKey([1; 32]);

    async fn lead(flights: &Flights<u32>) -> Lead<u32> {
        match flights.join(KEY).await {
            Join::Lead(lead) => lead,
            Join::Landed(_) | Join::Alone => panic!("somebody leads already"),
        }
    }

    #[tokio::test]
    async fn followers_get_what_the_leader_found() {
        let flights = Arc::new(Flights::default());
        let leader = lead(&flights).await;
        let follower = tokio::spawn({
            let flights = Arc::clone(&flights);
            async move { flights.join(KEY).await }
        });
        tokio::task::yield_now().await;
        leader.land(7);
        assert!(matches!(follower.await.unwrap(), Join::Landed(7)));
        assert!(flights.is_empty());
    }

    #[tokio::test]
    async fn one_follower_takes_over_when_the_leader_goes_away() {
        let flights = Arc::new(Flights::<u32>::default());
        let leader = lead(&flights).await;
        let join = || {
            let flights = Arc::clone(&flights);
            tokio::spawn(async move {
                match flights.join(KEY).await {
                    Join::Lead(lead) => {
                        lead.land(8);
                        "led"
                    }
                    Join::Landed(_) => "followed",
                    Join::Alone => "alone",
                }
            })
        };
        let (a, b) = (join(), join());
        tokio::task::yield_now().await;
        drop(leader);
        let mut ends = [a.await.unwrap(), b.await.unwrap()];
        ends.sort_unstable();
        // The second may find the flight closed already and lead one of its own; never do both wait for ever.
        assert!(ends == ["followed", "led"] || ends == ["led", "led"]);
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_shared_sends_followers_on_their_way() {
        let flights = Arc::new(Flights::<u32>::default());
        let leader = lead(&flights).await;
        let follower = tokio::spawn({
            let flights = Arc::clone(&flights);
            async move { matches!(flights.join(KEY).await, Join::Alone) }
        });
        tokio::task::yield_now().await;
        leader.unshareable();
        assert!(follower.await.unwrap());
    }
}
