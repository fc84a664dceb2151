//! A call of one of the caller's tools: a `function_call`, or a `custom_tool_call` with free text.

use serde_json::{Map, Value, json};

use super::{
    events::{Delta, Events, Place},
    response::Status,
};
use crate::protocol::said;

/// A call that grows.
#[derive(Debug)]
pub(super) struct Call {
    kind: Kind,
    call_id: String,
    name: String,
    /// What the tool is called with, as far as it is known.
    input: String,
    /// Fields that we do not know, for the way back.
    rest: Map<String, Value>,
}

/// Which tool is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With arguments in JSON.
    Function,
    /// With free text.
    Custom,
}

impl Kind {
    /// The kind of a chat's tool call.
    pub(super) fn of(call: &Map<String, Value>) -> Self {
        let custom = call.get("type").and_then(Value::as_str) == Some("custom");
        if custom || call.contains_key("custom") { Self::Custom } else { Self::Function }
    }

    /// How ids of such items begin.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Function => "fc",
            Self::Custom => "ctc",
        }
    }

    /// Names of: the item, its input in the item and in a chat, the events for a piece of it and for its end.
    fn words(self) -> [&'static str; 4] {
        match self {
            Self::Function => [
                "function_call",
                "arguments",
                "response.function_call_arguments.delta",
                "response.function_call_arguments.done",
            ],
            Self::Custom => [
                "custom_tool_call",
                "input",
                "response.custom_tool_call_input.delta",
                "response.custom_tool_call_input.done",
            ],
        }
    }
}

impl Call {
    /// The item begins, with the first piece of a chat's tool call.
    pub(super) fn open(
        kind: Kind,
        piece: &Map<String, Value>,
        place: &Place,
        events: &mut Events<'_>,
    ) -> Self {
        let [call_id, name, input] = Default::default();
        let mut call = Self { kind, call_id, name, input, rest: Map::new() };
        call.learn(piece);
        events.added(place, || call.item(place, Status::InProgress));
        call
    }

    /// The next piece of a chat's tool call, the first one as well.
    pub(super) fn grow(
        &mut self,
        piece: &Map<String, Value>,
        place: &Place,
        events: &mut Events<'_>,
    ) {
        self.learn(piece);
        let [_, input, delta, _] = self.kind.words();
        let more = said::text(within(self.kind, piece, input));
        if more.is_empty() {
            return;
        }
        events.delta(&Delta {
            kind: delta,
            item_id: &place.id,
            output_index: place.index,
            content_index: None,
            summary_index: None,
            delta: &more,
            logprobs: None,
        });
        self.input.push_str(&more);
    }

    /// Nothing more comes; the item's own end is the caller's to tell.
    pub(super) fn close(&self, place: &Place, events: &mut Events<'_>) {
        let [_, input, _, done] = self.kind.words();
        events.within(place, done, || {
            let mut event = json!({});
            event[input] = self.input.as_str().into();
            if self.kind == Kind::Function {
                event["name"] = self.name.as_str().into();
            }
            event
        });
    }

    /// The item as it is now.
    pub(super) fn item(&self, place: &Place, status: Status) -> Value {
        let [kind, input, ..] = self.kind.words();
        let mut item = self.rest.clone();
        for (name, value) in [
            ("id", place.id.as_str()),
            ("type", kind),
            ("status", status.as_str()),
            ("call_id", &self.call_id),
            ("name", &self.name),
            (input, &self.input),
        ] {
            item.insert(name.to_owned(), value.into());
        }
        item.into()
    }

    /// Some vendors name a call only after its first piece.
    fn learn(&mut self, piece: &Map<String, Value>) {
        for (known, told) in [
            (&mut self.call_id, piece.get("id")),
            (&mut self.name, within(self.kind, piece, "name")),
        ] {
            if known.is_empty() {
                *known = said::text(told).into_owned();
            }
        }
        let ours = ["custom", "function", "id", "index", "type"];
        let rest =
            piece.iter().filter(|(name, value)| !ours.contains(&name.as_str()) && !value.is_null());
        self.rest.extend(rest.map(|(name, value)| (name.clone(), value.clone())));
    }
}

fn within<'a>(kind: Kind, piece: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let side = if kind == Kind::Function { "function" } else { "custom" };
    piece.get(side)?.get(name)
}
