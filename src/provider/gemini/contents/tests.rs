//! Conversations, and what becomes of them.

use serde_json::json;

use super::*;

fn read(messages: &Value, model: &str) -> Result<Conversation, Inexpressible> {
    let chat = json!({ "messages": messages });
    conversation(chat.as_object().unwrap(), Family::of(model), &mut Vec::new())
}

fn contents(messages: &Value, model: &str) -> Value {
    read(messages, model)
        .map_err(|refused| format!("{messages}: {refused}"))
        .unwrap()
        .contents
        .into()
}

fn refused(message: Value) -> String {
    read(&json!([{"role": "user", "content": "a"}, message]), "gemini-3-flash").err().unwrap().field
}

fn called(calls: &[(&str, &str)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .map(|(id, name)| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{\"x\":1}"}}))
        .collect();
    json!({"role": "assistant", "content": null, "tool_calls": calls})
}

fn result(id: &str, text: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": text})
}

#[test]
fn neighbours_of_one_role_are_one_turn_and_results_are_a_turn_of_their_own() {
    let messages = json!([
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": ""}]},
        called(&[("1", "f")]),
        result("1", "r"),
        {"role": "user", "content": "c"},
        {"role": "assistant", "content": "d"},
        {"role": "assistant", "content": "", "refusal": "No."},
    ]);
    let conversation = read(&messages, "gemini-2.5-pro").unwrap();
    assert_eq!(
        Value::from(conversation.instruction),
        json!([{"text": "Be brief."}, {"text": "Be kind."}])
    );
    assert_eq!(
        Value::from(conversation.contents),
        json!([
            {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"x": 1}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"result": "r"}}}]},
            {"role": "user", "parts": [{"text": "c"}]},
            {"role": "model", "parts": [{"text": "d"}]},
        ])
    );
}

#[test]
fn results_stand_in_the_order_of_their_calls() {
    let messages = json!([
        {"role": "user", "content": "a"},
        called(&[("1", "f"), ("2", "f")]),
        result("2", "second"),
        result("1", "first"),
    ]);
    let answer = |name: &str, id: Option<&str>| {
        let mut response = json!({"name": "f", "response": {"result": name}});
        if let Some(id) = id {
            response["id"] = id.into();
        }
        json!({ "functionResponse": response })
    };
    assert_eq!(
        contents(&messages, "gemini-2.5-pro")[2]["parts"],
        json!([answer("first", None), answer("second", None)])
    );
    assert_eq!(
        contents(&messages, "gemini-3-flash")[2]["parts"],
        json!([answer("first", Some("1")), answer("second", Some("2"))])
    );
}

#[test]
fn an_id_that_is_used_again_means_the_latest_call() {
    let messages = json!([
        {"role": "user", "content": "a"},
        called(&[("1", "f")]),
        result("1", "x"),
        called(&[("1", "g")]),
        result("1", "y"),
    ]);
    let contents = contents(&messages, "gemini-2.5-pro");
    assert_eq!(contents[2]["parts"][0]["functionResponse"]["name"], "f");
    assert_eq!(contents[4]["parts"][0]["functionResponse"]["name"], "g");
}

#[test]
fn signatures_go_back_to_where_they_came_from() {
    let mut call = called(&[("1", "f"), ("2", "g")]);
    call["tool_calls"][0]["extra_content"] = json!({"google": {"thought_signature": "c2ln"}});
    let said = json!({"role": "assistant", "content": "b", "extra_content": {"google": {"thought_signature": "dGV4dA=="}}});
    let user = json!({"role": "user", "content": "a"});
    let contents = contents(
        &json!([user, said, user, call, result("1", ""), result("2", "")]),
        "gemini-3-flash",
    );
    assert_eq!(contents[1]["parts"], json!([{"text": "b", "thoughtSignature": "dGV4dA=="}]));
    assert_eq!(contents[3]["parts"][0]["thoughtSignature"], "c2ln");
    assert_eq!(contents[3]["parts"][1].get("thoughtSignature"), None);
    assert_eq!(contents[3]["parts"][1]["functionCall"]["id"], "2");
}

#[test]
fn a_call_by_another_model_gets_the_documented_stand_in() {
    let messages = json!([{"role": "user", "content": "a"}, called(&[("1", "f"), ("2", "g")]), result("1", ""), result("2", "")]);
    let calls = &contents(&messages, "gemini-3-flash")[1]["parts"];
    assert_eq!(calls[0]["thoughtSignature"], "skip_thought_signature_validator");
    assert_eq!(calls[1].get("thoughtSignature"), None);
    assert_eq!(contents(&messages, "gemini-2.5-pro")[1]["parts"][0].get("thoughtSignature"), None);
}

#[test]
fn a_signature_without_words_keeps_its_empty_text() {
    let said = json!({"role": "assistant", "content": null, "extra_content": {"google": {"thought_signature": "eA=="}}});
    let contents = contents(&json!([{"role": "user", "content": "a"}, said]), "gemini-3-flash");
    assert_eq!(contents[1]["parts"], json!([{"text": "", "thoughtSignature": "eA=="}]));
}

#[test]
fn results_show_images_and_failures() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}});
    let seen = json!({"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "a"}, image, {"type": "text", "text": "b"}]});
    let failed = json!({"role": "tool", "tool_call_id": "2", "content": "no", "is_error": true});
    let messages =
        json!([{"role": "user", "content": "a"}, called(&[("1", "f"), ("2", "g")]), seen, failed]);
    let inline = json!({"inlineData": {"mimeType": "image/png", "data": "AA"}});
    assert_eq!(
        contents(&messages, "gemini-3-flash")[2]["parts"],
        json!([
            {"functionResponse": {"id": "1", "name": "f", "response": {"result": "a\nb"}, "parts": [inline]}},
            {"functionResponse": {"id": "2", "name": "g", "response": {"error": "no"}}},
        ])
    );
    let older = contents(&messages, "gemini-2.5-pro");
    assert_eq!(
        older[2]["parts"],
        json!([
            {"functionResponse": {"name": "f", "response": {"result": "a\nb"}}},
            {"functionResponse": {"name": "g", "response": {"error": "no"}}},
        ])
    );
    assert_eq!(older[3], json!({"role": "user", "parts": [inline]}));
}

#[test]
fn functions_of_the_older_api_are_understood() {
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": ""}},
        {"role": "function", "name": "f", "content": "r"},
    ]);
    let contents = contents(&messages, "gemini-2.5-pro");
    assert_eq!(contents[1]["parts"], json!([{"functionCall": {"name": "f", "args": {}}}]));
    assert_eq!(
        contents[2]["parts"],
        json!([{"functionResponse": {"name": "f", "response": {"result": "r"}}}])
    );
}

#[test]
fn what_cannot_be_said_is_named_by_its_path() {
    let call = |arguments: Value| {
        let mut message = called(&[("1", "f")]);
        message["tool_calls"][0]["function"]["arguments"] = arguments;
        message
    };
    for (message, field) in [
        (result("9", "r"), "messages[1].tool_call_id"),
        (json!({"role": "tool", "content": "r"}), "messages[1].tool_call_id"),
        (json!({"role": "narrator", "content": "r"}), "messages[1].role"),
        (json!("hello"), "messages[1].role"),
        (json!({"role": "user", "content": 5}), "messages[1].content"),
        (json!({"role": "user", "content": [{"type": "search_result"}]}), "messages[1].content[0]"),
        (
            json!({"role": "system", "content": [{"type": "image_url", "image_url": {"url": "gs://b/a.png"}}]}),
            "messages[1].content[0]",
        ),
        (call(json!("{broken")), "messages[1].tool_calls[0].function.arguments"),
        (call(json!("[1]")), "messages[1].tool_calls[0].function.arguments"),
        (call(json!({})), "messages[1].tool_calls[0].function.arguments"),
        (
            json!({"role": "assistant", "tool_calls": [{"id": "1", "function": {}}]}),
            "messages[1].tool_calls[0]",
        ),
        (
            json!({"role": "assistant", "tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "f", "input": "x"}}]}),
            "messages[1].tool_calls[0]",
        ),
        (json!({"role": "assistant", "content_blocks": [{}]}), "messages[1].content_blocks"),
        (json!({"role": "assistant", "audio": {"id": "a"}}), "messages[1].audio"),
        (json!({"role": "assistant", "images": [{}]}), "messages[1].images[0]"),
    ] {
        assert_eq!(refused(message.clone()), field, "{message}");
    }
    for messages in [json!([]), json!({}), json!([{"role": "system", "content": "a"}])] {
        assert_eq!(read(&messages, "gemini-3-flash").err().unwrap().field, "messages");
    }
}

#[test]
fn a_speakers_name_is_left_out_by_name() {
    let chat = json!({"messages": [{"role": "user", "name": "Ada", "content": "a"}]});
    let mut dropped = Vec::new();
    conversation(chat.as_object().unwrap(), Family::of("gemini-3-flash"), &mut dropped).unwrap();
    assert_eq!(dropped, ["messages[0].name"]);
}
