//! One content block at a time, whatever order the pieces come in.
//!
//! Pieces of a chat's calls may come by turns; in this protocol a block ends before the next begins. A call that is
//! being written stays open until its arguments are whole; what comes meanwhile for others waits.

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{
    answer::text,
    events::{delta, start, stop, whole},
};

/// A content block as far as it has come.
#[derive(Debug)]
pub(super) enum Block {
    /// The answer's text.
    Text(String),
    /// Thoughts, not signed yet.
    Thinking(String),
    /// A call of a tool.
    Call {
        /// Its place among the calls.
        number: u64,
        id: String,
        name: String,
        arguments: String,
    },
    /// A block that is there as a whole.
    Whole(Value),
}

impl Block {
    /// They are pieces of one block.
    fn continues(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(_), Self::Text(_)) | (Self::Thinking(_), Self::Thinking(_)) => true,
            (Self::Call { number, .. }, Self::Call { number: other, .. }) => number == other,
            _ => false,
        }
    }

    /// Takes up the next piece.
    fn extend(&mut self, piece: Self) {
        match (self, piece) {
            (Self::Text(known), Self::Text(more))
            | (Self::Thinking(known), Self::Thinking(more)) => {
                known.push_str(&more);
            }
            (
                Self::Call { id, name, arguments, .. },
                Self::Call { id: more_id, name: more_name, arguments: more, .. },
            ) => {
                // Both come whole, with the first piece as a rule.
                if id.is_empty() {
                    *id = more_id;
                }
                if name.is_empty() {
                    *name = more_name;
                }
                arguments.push_str(&more);
            }
            _ => {}
        }
    }

    /// More of it is bound to come.
    fn is_unfinished(&self) -> bool {
        match self {
            Self::Call { arguments, .. } => serde_json::from_str::<IgnoredAny>(arguments).is_err(),
            _ => false,
        }
    }

    /// The block as it is when it begins.
    fn opening(&self) -> Value {
        match self {
            Self::Text(_) => json!({"type": "text", "text": ""}),
            Self::Thinking(_) => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Self::Call { id, name, .. } => {
                json!({"type": "tool_use", "id": id, "name": name, "input": {}})
            }
            Self::Whole(block) => block.clone(),
        }
    }

    /// What it brings, as a piece of a block; `None` when that is nothing.
    fn delta(&self) -> Option<Value> {
        let (kind, name, text) = match self {
            Self::Text(text) => ("text_delta", "text", text),
            Self::Thinking(text) => ("thinking_delta", "thinking", text),
            Self::Call { arguments, .. } => ("input_json_delta", "partial_json", arguments),
            Self::Whole(_) => return None,
        };
        (!text.is_empty()).then(|| json!({"type": kind, name: text}))
    }
}

/// The blocks of one answer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Blocks that have begun.
    begun: u64,
    open: Option<Block>,
    waiting: Vec<Block>,
    /// Calls that are written to their end: nothing can be added to them.
    closed: Vec<u64>,
}

impl Queue {
    /// Nothing has been written yet, and nothing waits.
    pub(super) fn is_untouched(&self) -> bool {
        self.begun == 0 && self.waiting.is_empty()
    }

    /// Takes a piece of a block, or a whole one.
    pub(super) fn push(&mut self, piece: Block, out: &mut String) {
        match &piece {
            Block::Call { number, .. } if self.closed.contains(number) => return,
            _ => {}
        }
        if let Some(open) = self.open.as_mut().filter(|open| open.continues(&piece)) {
            if let Some(bit) = piece.delta() {
                delta(self.begun.saturating_sub(1), &bit, out);
            }
            open.extend(piece);
        } else if let Some(waiting) =
            self.waiting.iter_mut().find(|waiting| waiting.continues(&piece))
        {
            waiting.extend(piece);
        } else {
            self.waiting.push(piece);
        }
        while !self.waiting.is_empty() && !self.open.as_ref().is_some_and(Block::is_unfinished) {
            self.advance(out);
        }
    }

    /// Takes a thought that is whole; its beginning may have been written, and lacks the signature then.
    pub(super) fn push_thought(&mut self, thought: &Value, out: &mut String) {
        let begins_with =
            |known: &str| !known.is_empty() && text(thought, "thinking").starts_with(known);
        if let Some(Block::Thinking(known)) = self
            .open
            .as_ref()
            .filter(|block| matches!(block, Block::Thinking(known) if begins_with(known)))
        {
            let index = self.begun.saturating_sub(1);
            let rest = text(thought, "thinking").get(known.len()..).unwrap_or_default();
            if !rest.is_empty() {
                delta(index, &json!({"type": "thinking_delta", "thinking": rest}), out);
            }
            delta(
                index,
                &json!({"type": "signature_delta", "signature": text(thought, "signature")}),
                out,
            );
            return self.close(out);
        }
        self.waiting.retain(|block| !matches!(block, Block::Thinking(known) if begins_with(known)));
        self.push(Block::Whole(thought.clone()), out);
    }

    /// Writes all that waits, and the end of what is open.
    pub(super) fn finish(&mut self, out: &mut String) {
        while !self.waiting.is_empty() {
            self.advance(out);
        }
        self.close(out);
    }

    /// Ends the open block, and begins the next.
    fn advance(&mut self, out: &mut String) {
        self.close(out);
        if self.waiting.is_empty() {
            return;
        }
        let block = self.waiting.remove(0);
        let index = self.begun;
        self.begun += 1;
        if let Block::Whole(block) = &block {
            return whole(index, block, out);
        }
        start(index, &block.opening(), out);
        if let Some(piece) = block.delta() {
            delta(index, &piece, out);
        }
        self.open = Some(block);
    }

    fn close(&mut self, out: &mut String) {
        if let Some(block) = self.open.take() {
            if let Block::Call { number, .. } = block {
                self.closed.push(number);
            }
            stop(self.begun.saturating_sub(1), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: u64, id: &str, arguments: &str) -> Block {
        Block::Call { number, id: id.into(), name: "f".into(), arguments: arguments.into() }
    }

    /// What the events say, in short: `0+text`, `0 piece`, `0-`.
    fn written(pieces: Vec<Block>) -> Vec<String> {
        let mut queue = Queue::default();
        let mut out = String::new();
        pieces.into_iter().for_each(|piece| queue.push(piece, &mut out));
        queue.finish(&mut out);
        let data = out.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| {
            let data: Value = serde_json::from_str(data).unwrap();
            let index = &data["index"];
            match data["type"].as_str().unwrap() {
                "content_block_start" => {
                    format!("{index}+{}", data["content_block"]["type"].as_str().unwrap())
                }
                "content_block_stop" => format!("{index}-"),
                _ => {
                    let delta = data["delta"].as_object().unwrap();
                    let said = ["text", "thinking", "partial_json"]
                        .iter()
                        .find_map(|name| delta.get(*name)?.as_str());
                    format!("{index} {}", said.unwrap())
                }
            }
        })
        .collect()
    }

    #[test]
    fn blocks_in_a_row_are_written_as_they_come() {
        let pieces = vec![
            Block::Thinking("h".into()),
            Block::Thinking("m".into()),
            Block::Text("a".into()),
            call(0, "x", ""),
            call(0, "", "{"),
            call(0, "", "}"),
            call(1, "y", "{}"),
        ];
        let expected = [
            "0+thinking",
            "0 h",
            "0 m",
            "0-",
            "1+text",
            "1 a",
            "1-",
            "2+tool_use",
            "2 {",
            "2 }",
            "2-",
            "3+tool_use",
            "3 {}",
            "3-",
        ];
        assert_eq!(written(pieces), expected);
    }

    #[test]
    fn calls_that_come_by_turns_are_written_one_after_the_other() {
        let pieces = vec![
            call(0, "x", "{"),
            call(1, "y", "{\"b\""),
            Block::Text("a".into()),
            call(0, "", "}"),
            call(1, "", ":1}"),
            call(0, "", " "),
        ];
        let expected = [
            "0+tool_use",
            "0 {",
            "0 }",
            "0-",
            "1+tool_use",
            "1 {\"b\"",
            "1 :1}",
            "1-",
            "2+text",
            "2 a",
            "2-",
        ];
        assert_eq!(written(pieces), expected);
    }

    #[test]
    fn a_call_without_arguments_is_written_at_the_end() {
        assert_eq!(
            written(vec![call(0, "x", ""), call(1, "y", "")]),
            ["0+tool_use", "0-", "1+tool_use", "1-"]
        );
    }
}
