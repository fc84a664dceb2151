//! YAML text into a tree in which every key and value knows its place. It knows nothing of what keys mean.
//!
//! Built from the parser's events, without recursion, and bounded in depth and in what aliases may
//! multiply to, so that no text can exhaust the stack or the memory.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::error::{Mistake, Position};

/// Collections within collections.
const MAX_DEPTH: usize = 32;
/// Nodes that all aliases of a file may add together.
const MAX_ALIAS_NODES: usize = 10_000;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub position: Position,
    pub value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    /// Keys in file order; duplicates are still in.
    Map(Vec<Entry>),
    /// Already reported; read as if it were not there.
    Broken,
}

/// A text value.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    /// With variables filled in: may be a secret, and is for use only.
    pub text: String,
    /// As written in the file, for messages.
    pub written: String,
}

/// One key of a map.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub position: Position,
    pub value: Node,
}

impl Value {
    /// The word for it in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null | Self::Broken => "nothing",
            Self::Scalar(_) => "a single value",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Parses one document; `None` when there is nothing in it.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Mistake> {
    read(text).map_err(|mistake| Mistake {
        position: mistake.position.map(|position| within(text, position)),
        ..mistake
    })
}

fn read(text: &str) -> Result<Option<Node>, Mistake> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax_mistake(text, &error))?;
        builder.take(event, place(&span.start))?;
    }
    Ok(builder.root)
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Node>,
    alias_nodes: usize,
}

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Position)> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, position: Position) -> Result<(), Mistake> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(mistake(
                        position,
                        "a second document starts here; one file holds one",
                    ));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(position, tag.as_deref())?;
                let plain = matches!(style, ScalarStyle::Plain);
                let value = match &*text {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
                    _ => {
                        Value::Scalar(Scalar { text: text.to_string(), written: text.into_owned() })
                    }
                };
                self.finish(Node { position, value }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(position, tag.as_deref())?;
                self.open(position, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(position, tag.as_deref())?;
                self.open(position, anchor, Content::Map { entries: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { position, anchor, content }) => {
                    let value = match content {
                        Content::List(items) => Value::List(items),
                        Content::Map { entries, .. } => Value::Map(entries),
                    };
                    self.finish(Node { position, value }, anchor)
                }
                None => Ok(()),
            },
            Event::Alias(id) => {
                let node = self.resolve(id, position)?;
                self.finish(node, 0)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, position: Position, anchor: usize, content: Content) -> Result<(), Mistake> {
        if self.open.len() >= MAX_DEPTH {
            return Err(mistake(position, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(Open { position, anchor, content });
        Ok(())
    }

    /// Puts a complete node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Mistake> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key }) => match key.take() {
                Some((key, position)) => entries.push(Entry { key, position, value: node }),
                None => *key = Some((key_text(&node)?, node.position)),
            },
        }
        Ok(())
    }

    /// A copy of what an alias stands for, at the place of the alias.
    fn resolve(&mut self, id: usize, position: Position) -> Result<Node, Mistake> {
        let Some(node) = self.anchors.get(&id) else {
            return Err(mistake(position, "this alias refers to what it is part of"));
        };
        let (nodes, depth) = measure(node);
        self.alias_nodes += nodes;
        if self.alias_nodes > MAX_ALIAS_NODES {
            return Err(mistake(
                position,
                format!("aliases add up to over {MAX_ALIAS_NODES} values"),
            ));
        }
        if self.open.len() + depth > MAX_DEPTH {
            return Err(mistake(position, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Node { position, value: node.value.clone() })
    }
}

/// Nodes and levels of a finished tree, which is at most `MAX_DEPTH` deep.
fn measure(node: &Node) -> (usize, usize) {
    let children: Vec<&Node> = match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
        Value::Null | Value::Scalar(_) | Value::Broken => return (1, 0),
    };
    let inner = children.into_iter().map(measure);
    let (nodes, depth) = inner.fold((0, 0), |all, one| (all.0 + one.0, all.1.max(one.1)));
    (nodes + 1, depth + 1)
}

fn key_text(node: &Node) -> Result<String, Mistake> {
    match &node.value {
        Value::Scalar(scalar) => Ok(scalar.text.clone()),
        Value::Null => Err(mistake(node.position, "a key is missing before the colon")),
        Value::List(_) | Value::Map(_) | Value::Broken => Err(mistake(
            node.position,
            format!("a key must be text, this one is {}; missing quotes?", node.value.kind()),
        )),
    }
}

fn refuse_tag(position: Position, tag: Option<&saphyr_parser::Tag>) -> Result<(), Mistake> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => Err(mistake(
            position,
            "tags are not supported; put a text that starts with an exclamation mark in quotes",
        )),
        _ => Ok(()),
    }
}

fn syntax_mistake(text: &str, error: &ScanError) -> Mistake {
    let position = place(error.marker());
    let tab = text.lines().enumerate().find(|(_, line)| {
        let indentation = &line[..line.len() - line.trim_start().len()];
        indentation.contains('\t') && !line.trim().is_empty()
    });
    if let Some((index, _)) = tab.filter(|(index, _)| *index < position.line) {
        let position = Position { line: index + 1, column: 1 };
        return mistake(position, "not valid YAML: indented with a tab; use spaces");
    }
    mistake(position, format!("not valid YAML: {}", error.info()))
}

fn mistake(position: Position, message: impl Into<String>) -> Mistake {
    Mistake { path: String::new(), position: Some(position), message: message.into() }
}

fn place(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

/// The position itself, or the end of the text: the parser puts that in a line of its own, where no line feed ends the last one.
fn within(text: &str, position: Position) -> Position {
    let text = text.replace("\r\n", "\n");
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    match lines.last() {
        Some(last) if position.line > lines.len() => {
            Position { line: lines.len(), column: last.chars().count() + 1 }
        }
        _ => position,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn every_value_knows_its_place() {
        let root = parse("a: 1\nb:\n  - x\n  - {c: y}\n").unwrap().unwrap();
        let Value::Map(entries) = root.value else { panic!("not a map") };
        assert_eq!(entries[0].value.position, Position { line: 1, column: 4 });
        assert_eq!(entries[1].position, Position { line: 2, column: 1 });
        let Value::List(items) = &entries[1].value.value else { panic!("not a list") };
        assert_eq!(items[1].position, Position { line: 4, column: 5 });
    }

    #[test]
    fn a_tab_is_named_as_the_cause() {
        let error = parse("cache:\n\tttl: 24h\n").unwrap_err();
        assert!(error.message.contains("tab"), "{error:?}");
        assert_eq!(error.position.unwrap().line, 2);
    }

    #[test]
    fn a_mistake_at_the_end_of_a_text_is_in_its_last_line() {
        for (text, line, column) in
            [("{", 1, 2), ("a: b\r\nc", 2, 2), ("a: b\rc", 2, 2), ("?", 1, 2), ("a: b\nc\n", 3, 1)]
        {
            let error = parse(text).unwrap_err();
            assert_eq!(error.position, Some(Position { line, column }), "{text:?}");
        }
    }

    #[test]
    fn depth_and_aliases_are_bounded() {
        assert!(message(&"[".repeat(200)).contains("nested deeper"));
        assert!(message(&"- ".repeat(100_000)).contains("nested deeper"));
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..9 {
            let previous = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", vec![previous; 9].join(","));
        }
        assert!(message(&bomb).contains("aliases add up"));
        assert!(message("&a [*a]").contains("part of"));
    }

    #[test]
    fn an_alias_stands_where_it_is_used() {
        let root = parse("a: &t 5m\nb: *t\n").unwrap().unwrap();
        let Value::Map(entries) = root.value else { panic!("not a map") };
        assert_eq!(entries[1].value.position, Position { line: 2, column: 4 });
        assert!(matches!(&entries[1].value.value, Value::Scalar(scalar) if scalar.text == "5m"));
    }
}
