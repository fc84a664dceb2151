//! OpenAI's Responses: what its callers ask, as a chat, and answers in its words.
//!
//! Inwards: `request` reads the top level, `input` the items, `turns` puts items together to the turns of a chat,
//! `content` and `tools` know the two spellings of parts and tools, `object` knows where a mistake stands. Outwards: a
//! `draft` of the response grows by what the provider says; its `output` is a list of items (`reasoning`, `message`,
//! `call`, `told`), and what happens to them goes to `events`. A `Writer` shows the events, an `answer` only the end.
//! Knows no provider.
//!
//! Follows <https://platform.openai.com/docs/api-reference/responses> and
//! <https://platform.openai.com/docs/api-reference/responses-streaming>.

mod answer;
mod call;
mod content;
mod draft;
mod events;
mod image;
mod input;
mod message;
mod object;
mod output;
mod reasoning;
mod request;
mod response;
mod state;
mod thinking;
mod told;
mod tools;
mod turns;
mod usage;
mod writer;

pub use answer::{answer, error};
pub use request::chat;
pub use state::{native_input, state};
pub use writer::Writer;
