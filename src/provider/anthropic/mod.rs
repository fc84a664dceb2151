//! Stub.
use crate::{
    api::sse::Event,
    provider::{Inexpressible, Piece, Stamp, Translated, Unreadable},
};
use serde_json::{Map, Value};
pub fn request(_: &Map<String, Value>, _: &str) -> Result<Translated, Inexpressible> {
    Err(Inexpressible::new("x", "stub"))
}
pub fn completion(_: &Value, _: &Stamp) -> Result<Value, Unreadable> {
    Err(Unreadable("stub".into()))
}
pub fn error(_: &Value) -> Option<Value> {
    None
}
#[derive(Debug)]
pub struct Reader;
impl Reader {
    pub fn new(_: Stamp) -> Self {
        Self
    }
    pub fn read(&mut self, _: &Event, _: &mut Vec<Piece>) {}
    pub fn end(&mut self, _: &mut Vec<Piece>) {}
}
