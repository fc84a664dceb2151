//! The items of a response, in the order in which they began.
//!
//! A message or reasoning ends when something else begins; calls stay open, because their pieces may come in turns.

use serde_json::{Map, Value};

use super::{
    call::{Call, Kind},
    events::{Events, Place},
    image,
    message::Message,
    reasoning::Reasoning,
    response::Status,
    told,
};
use crate::protocol::said::{content, thoughts};

/// How the name within an id begins that the gateway gave: `msg_scrimp_…`.
pub(super) const OWN_ID: &str = "scrimp_";

/// The items so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// What ids of items are made of: the same for the whole answer.
    name: String,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    place: Place,
    status: Status,
    item: Item,
}

#[derive(Debug)]
enum Item {
    Reasoning(Reasoning),
    Message(Message),
    /// With the call's index in the chat.
    Call(u64, Call),
    /// A whole one from a provider of Responses.
    Native(Value),
}

impl Output {
    /// Items of the answer `name` get ids with it.
    pub(super) fn call_it(&mut self, name: &str) {
        self.name = name.to_owned();
    }

    /// Takes more of the answer: a chunk's `delta`, or a whole `message`; `logprobs` are those of its text.
    pub(super) fn take(
        &mut self,
        said: &Map<String, Value>,
        logprobs: &[Value],
        events: &mut Events<'_>,
    ) {
        let mut natives = objects(said.get("output_items"));
        if !natives.is_empty() {
            if self.slots.is_empty() {
                // All that the answer is, word for word; the other fields say parts of it again.
                natives.into_iter().for_each(|item| self.tell(item, events));
                return;
            }
            natives.retain(|item| is_foreign(item));
        }
        self.think(said, events);
        let text = content(said.get("content"));
        if !text.is_empty()
            && let Some((message, place)) = self.message(events)
        {
            message.say(&text, logprobs, place, events);
        }
        if let Some(refusal) = some_text(said.get("refusal"))
            && let Some((message, place)) = self.message(events)
        {
            message.refuse(refusal, place, events);
        }
        for annotation in objects(said.get("annotations")) {
            self.annotate(annotation, events);
        }
        for image in objects(said.get("images")) {
            self.show(image, events);
        }
        for (place, piece) in objects(said.get("tool_calls")).into_iter().enumerate() {
            let index = piece.get("index").and_then(Value::as_u64).unwrap_or(place as u64);
            self.call(index, piece, events);
        }
        natives.into_iter().for_each(|item| self.tell(item, events));
    }

    /// The answer is over: what is still open ends with `status`.
    pub(super) fn close(&mut self, status: Status, events: &mut Events<'_>) {
        self.slots.iter_mut().for_each(|slot| slot.close(status, events));
    }

    /// All items as they are now, those that are still open with `status`.
    pub(super) fn items(&self, status: Status) -> Vec<Value> {
        let status_of = |slot: &Slot| if slot.is_open() { status } else { slot.status };
        self.slots.iter().map(|slot| slot.item.value(&slot.place, status_of(slot))).collect()
    }

    fn think(&mut self, said: &Map<String, Value>, events: &mut Events<'_>) {
        let items = objects(said.get("reasoning_items"));
        let as_text = |slot: &Slot| matches!(slot.item, Item::Reasoning(_));
        // Reasoning that was told as text has an id by now that does not fit what the provider encrypted.
        if !items.is_empty() && !self.slots.iter().any(as_text) {
            items.into_iter().for_each(|item| self.tell(item, events));
            return;
        }
        let text = thoughts(|name| said.get(name));
        if !text.is_empty()
            && let Some((reasoning, place)) = self.reasoning(events)
        {
            reasoning.say(text, place, events);
        }
        let blocks = said.get("thinking_blocks").and_then(Value::as_array);
        if let Some(blocks) = blocks.filter(|blocks| !blocks.is_empty())
            && let Some((reasoning, _)) = self.reasoning(events)
        {
            reasoning.keep(blocks);
        }
    }

    /// The reasoning that is open; one begins when there is none.
    fn reasoning(&mut self, events: &mut Events<'_>) -> Option<(&mut Reasoning, &Place)> {
        let is_it = |slot: &Slot| slot.is_open() && matches!(slot.item, Item::Reasoning(_));
        let open = |place: &Place, events: &mut Events<'_>| {
            Item::Reasoning(Reasoning::open(place, events))
        };
        match self.slot(is_it, ("rs", open), events)? {
            Slot { place, item: Item::Reasoning(reasoning), .. } => Some((reasoning, place)),
            _ => None,
        }
    }

    /// The message that is open; one begins when there is none.
    fn message(&mut self, events: &mut Events<'_>) -> Option<(&mut Message, &Place)> {
        let is_it = |slot: &Slot| slot.is_open() && matches!(slot.item, Item::Message(_));
        let open =
            |place: &Place, events: &mut Events<'_>| Item::Message(Message::open(place, events));
        match self.slot(is_it, ("msg", open), events)? {
            Slot { place, item: Item::Message(message), .. } => Some((message, place)),
            _ => None,
        }
    }

    /// A piece of a call, which begins with its first one.
    fn call(&mut self, index: u64, piece: &Map<String, Value>, events: &mut Events<'_>) {
        let is_it = |slot: &Slot| matches!(slot.item, Item::Call(known, _) if known == index);
        let kind = Kind::of(piece);
        let open = |place: &Place, events: &mut Events<'_>| {
            Item::Call(index, Call::open(kind, piece, place, events))
        };
        if let Some(Slot { place, item: Item::Call(_, call), .. }) =
            self.slot(is_it, (kind.prefix(), open), events)
        {
            call.grow(piece, place, events);
        }
    }

    /// The item of which `is_it` holds; without one, what `open` makes of the next place, with an id of this prefix.
    fn slot(
        &mut self,
        is_it: impl Fn(&Slot) -> bool,
        (prefix, open): (&str, impl FnOnce(&Place, &mut Events<'_>) -> Item),
        events: &mut Events<'_>,
    ) -> Option<&mut Slot> {
        let known = self.slots.iter().position(is_it);
        let index = known.unwrap_or_else(|| {
            let place = self.next_place(prefix, events);
            let item = open(&place, events);
            self.slots.push(Slot { place, status: Status::InProgress, item });
            self.slots.len() - 1
        });
        self.slots.get_mut(index)
    }

    /// A source of what was said last. One that comes when the message is over comes too late.
    fn annotate(&mut self, annotation: &Map<String, Value>, events: &mut Events<'_>) {
        for slot in self.slots.iter_mut().rev().filter(|slot| slot.is_open()) {
            if let Item::Message(message) = &mut slot.item {
                return message.annotate(flat(annotation), &slot.place, events);
            }
        }
    }

    /// An image that the model made, where its data are here.
    fn show(&mut self, image: &Map<String, Value>, events: &mut Events<'_>) {
        if let Some(mut item) = image::made(image) {
            let place = self.next_place("ig", events);
            item.insert("id".into(), place.id.as_str().into());
            self.tell_at(place, item, events);
        }
    }

    fn tell(&mut self, item: &Map<String, Value>, events: &mut Events<'_>) {
        let mut place = self.next_place("item", events);
        if let Some(id) = some_text(item.get("id")) {
            place.id = id.to_owned();
        }
        self.tell_at(place, item.clone(), events);
    }

    fn tell_at(&mut self, place: Place, item: Map<String, Value>, events: &mut Events<'_>) {
        told::tell(&item, &place, events);
        let item = Item::Native(item.into());
        self.slots.push(Slot { place, status: Status::Completed, item });
    }

    /// Where the next item goes. What was being said ends here.
    fn next_place(&mut self, prefix: &str, events: &mut Events<'_>) -> Place {
        let speech = self.slots.iter_mut().filter(|slot| !matches!(slot.item, Item::Call(..)));
        speech.for_each(|slot| slot.close(Status::Completed, events));
        let index = self.slots.len();
        Place { id: format!("{prefix}_{OWN_ID}{}_{index}", self.name), index }
    }
}

impl Slot {
    fn is_open(&self) -> bool {
        self.status == Status::InProgress
    }

    fn close(&mut self, status: Status, events: &mut Events<'_>) {
        if !self.is_open() {
            return;
        }
        match &self.item {
            Item::Reasoning(reasoning) => reasoning.close(&self.place, events),
            Item::Message(message) => message.close(&self.place, events),
            Item::Call(_, call) => call.close(&self.place, events),
            Item::Native(_) => {}
        }
        self.status = status;
        events.done(&self.place, || self.item.value(&self.place, status));
    }
}

impl Item {
    fn value(&self, place: &Place, status: Status) -> Value {
        match self {
            Self::Reasoning(reasoning) => reasoning.item(place),
            Self::Message(message) => message.item(place, status),
            Self::Call(_, call) => call.item(place, status),
            Self::Native(item) => item.clone(),
        }
    }
}

/// Items that nothing else in a chat's message says.
fn is_foreign(item: &Map<String, Value>) -> bool {
    let said = ["message", "reasoning", "function_call", "custom_tool_call"];
    !item.get("type").and_then(Value::as_str).is_some_and(|kind| said.contains(&kind))
}

/// `{"type": "url_citation", "url_citation": {…}}` as Responses says it: without the nesting.
fn flat(annotation: &Map<String, Value>) -> Value {
    let kind = some_text(annotation.get("type")).unwrap_or_default();
    let mut flat = annotation.clone();
    if let Some(Value::Object(inner)) = flat.remove(kind).filter(|_| kind != "type") {
        flat.extend(inner);
        flat.insert("type".into(), kind.into());
    }
    flat.into()
}

fn some_text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn objects(list: Option<&Value>) -> Vec<&Map<String, Value>> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_object).collect()
}
