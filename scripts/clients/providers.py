#!/usr/bin/env python3
"""Scripted providers: one server that speaks the APIs of OpenAI, Anthropic and Google, whole and streamed.

    providers.py PORT_FILE      listens on a free port of 127.0.0.1, and writes it there

    /openai/v1         chat completions, Responses (which keeps its answers), embeddings
    /compat/v1         chat completions as a small vendor has them, with the reasoning in sight
    /anthropic/v1      Messages, and the count of their tokens
    /gemini/v1beta     generateContent, streamGenerateContent, Google's embeddings in OpenAI's format

They are as strict as the real ones (fields, keys, calls and their results, ids, signatures), and say what can be
foreseen. `answer` is the whole of their mind. Asked to "fail with 429" they do; asked to "break off" a stream does.
"""

import base64
import itertools
import json
import re
import struct
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = "provider-secret"
THOUGHT = "Let me think."
SIGNATURE = "c2lnbmVkIGJ5IGl0cyBwcm92aWRlcg=="
# What Google takes in place of its signature, of a call that another model made.
UNSIGNED = "skip_thought_signature_validator"
CITIES = ["Paris", "Rome"]
# Tokens, the same at every provider: what went in, how much of it came from a cache, what comes out.
INPUT, CACHED, PER_CALL, PER_THOUGHT = 20, 4, 7, 5
# Seconds to wait when there was too much.
WAIT = 30
KINDS = {400: ("invalid_request_error", "INVALID_ARGUMENT"), 401: ("authentication_error", "UNAUTHENTICATED"),
         404: ("not_found_error", "NOT_FOUND"), 429: ("rate_limit_error", "RESOURCE_EXHAUSTED"),
         503: ("overloaded_error", "UNAVAILABLE")}
number = itertools.count(1)


class Refused(Exception):
    def __init__(self, status, message, details=None):
        super().__init__(message)
        self.status, self.details = status, details


@dataclass
class Asked:
    """A request, whichever its format."""

    question: str = ""
    results: list = field(default_factory=list)
    tools: list = field(default_factory=list)
    images: int = 0
    schema: dict | None = None
    thinks: bool = False
    limit: int | None = None

    def hear(self, text):
        self.question, self.results = text, []


@dataclass
class Said:
    thought: str
    text: str
    calls: list
    is_cut: bool
    breaks_off: bool

    def output(self):
        return len(self.text.split()) + PER_CALL * len(self.calls) + self.thinking()

    def thinking(self):
        return PER_THOUGHT if self.thought else 0


def answer(asked):
    failing = re.search(r"fail with (\d+)", asked.question)
    if failing:
        raise Refused(int(failing[1]), f"told to {failing[0]}")
    thought = THOUGHT if asked.thinks else ""
    if asked.tools and "weather" in asked.question:
        cities = [city for city in CITIES if city in asked.question]
        calls = [(f"call_{next(number)}", asked.tools[0], json.dumps({"city": city})) for city in cities]
        return Said(thought, "", calls, False, False)
    if asked.results:
        text = "I was told: " + "; ".join(asked.results)
    elif asked.schema:
        text = json.dumps(filled(asked.schema))
    elif asked.images:
        text = f"I see {asked.images} image."
    else:
        text = f"You said: {asked.question}"
    words = text.split(" ")
    is_cut = asked.limit is not None and len(words) > asked.limit
    text = " ".join(words[:asked.limit]) if is_cut else text
    return Said(thought, text, [], is_cut, "break off" in asked.question)


def filled(schema):
    by_type = {"string": "Ada", "integer": 36, "number": 1.5, "boolean": True}
    if schema.get("type") == "object":
        return {name: filled(part) for name, part in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [filled(schema["items"])]
    return by_type[schema["type"]]


def only(value, names, where):
    extra = [name for name in value if name not in names.split()]
    if extra:
        raise Refused(400, f"unknown field '{where}.{extra[0]}'")


def check(condition, message):
    if not condition:
        raise Refused(400, message)


def pieces(text):
    return re.findall(r"\S+\s*", text)


def sse(data, name=None):
    return (f"event: {name}\n" if name else "") + f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"


class OpenAI:
    """What all of OpenAI's resources have in common."""

    key = ("authorization", f"Bearer {KEY}")

    @staticmethod
    def error(status, message, _=None):
        kind = "requests" if status == 429 else KINDS.get(status, ("server_error",))[0]
        code = {404: "model_not_found", 429: "rate_limit_exceeded", 401: "invalid_api_key"}.get(status)
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class Chat(OpenAI):
    FIELDS = ("model messages stream stream_options tools tool_choice parallel_tool_calls response_format temperature top_p "
              "max_tokens max_completion_tokens stop n seed user metadata store reasoning_effort verbosity logprobs "
              "top_logprobs presence_penalty frequency_penalty logit_bias service_tier modalities prompt_cache_key")
    MESSAGES = {"system": "role content name", "developer": "role content name", "user": "role content name",
                "assistant": "role content name refusal tool_calls function_call audio annotations",
                "tool": "role content tool_call_id"}

    def __init__(self, vendor):
        self.vendor = vendor

    def read(self, body, _):
        only(body, self.FIELDS, "body")
        asked, open_calls = Asked(), set()
        for message in body["messages"]:
            role = message["role"]
            own = " reasoning_content" if self.vendor == "compat" else ""
            only(message, self.MESSAGES[role] + own, f"messages.{role}")
            text = self.content(message.get("content"), asked)
            if role == "tool":
                check(message["tool_call_id"] in open_calls, "a tool message answers no call")
                open_calls.discard(message["tool_call_id"])
                asked.question = ""
                asked.results.append(text)
                continue
            check(not open_calls, "a call has no tool message")
            if role == "assistant":
                open_calls = {call["id"] for call in message.get("tool_calls") or []}
                check(text or open_calls or message.get("refusal"), "an assistant message is empty")
            if role == "user":
                asked.hear(text)
        check(not open_calls, "a call has no tool message")
        asked.tools = [tool["function"]["name"] for tool in body.get("tools", [])]
        asked.schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        asked.thinks = body.get("reasoning_effort", "none") != "none"
        asked.limit = body.get("max_completion_tokens", body.get("max_tokens"))
        return asked

    @staticmethod
    def content(content, asked):
        texts = []
        for part in [{"type": "text", "text": content or ""}] if not isinstance(content, list) else content:
            only(part, "type text image_url", "content")
            if part["type"] == "image_url":
                check(part["image_url"]["url"].startswith("data:image/png;base64,"), "image_url is no data URL")
                asked.images += 1
            else:
                texts.append(part["text"])
        return " ".join(texts)

    def usage(self, said):
        return {"prompt_tokens": INPUT, "completion_tokens": said.output(), "total_tokens": INPUT + said.output(),
                "prompt_tokens_details": {"cached_tokens": CACHED},
                "completion_tokens_details": {"reasoning_tokens": said.thinking()}}

    def head(self, body, kind):
        return {"id": f"chatcmpl-{next(number)}", "object": kind, "created": 1767225600, "model": body["model"]}

    def finish(self, said):
        return "length" if said.is_cut else "tool_calls" if said.calls else "stop"

    def whole(self, said, body):
        message = {"role": "assistant", "content": said.text or None, "refusal": None}
        if said.thought and self.vendor == "compat":
            message["reasoning_content"] = said.thought
        if said.calls:
            message["tool_calls"] = [{"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
                                     for id, name, arguments in said.calls]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish(said)}
        return {**self.head(body, "chat.completion"), "choices": [choice], "usage": self.usage(said)}

    def stream(self, said, body):
        head = self.head(body, "chat.completion.chunk")
        asks_usage = (body.get("stream_options") or {}).get("include_usage")

        def chunk(delta, finish=None):
            choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
            return sse({**head, "choices": choices, **({"usage": None} if asks_usage else {})})

        yield chunk({"role": "assistant", "content": "", "refusal": None})
        if self.vendor == "compat":
            yield from (chunk({"reasoning_content": piece}) for piece in pieces(said.thought))
        for piece in pieces(said.text):
            yield chunk({"content": piece})
            if said.breaks_off:
                yield sse(self.error(503, "the server is overloaded"))
                return
        for index, (id, name, arguments) in enumerate(said.calls):
            function = {"name": name, "arguments": ""}
            yield chunk({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})
            for piece in pieces(arguments):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        yield chunk({}, self.finish(said))
        if asks_usage:
            yield sse({**head, "choices": [], "usage": self.usage(said)})
        yield sse("[DONE]")


class Responses(OpenAI):
    FIELDS = ("model input instructions stream stream_options tools tool_choice parallel_tool_calls text temperature top_p "
              "max_output_tokens max_tool_calls reasoning include previous_response_id store metadata user truncation "
              "service_tier prompt_cache_key top_logprobs prompt_cache_retention safety_identifier")
    ITEMS = {"message": "type role content id status phase", "function_call": "type call_id name arguments id status",
             "function_call_output": "type call_id output id status",
             "reasoning": "type id summary content encrypted_content status"}
    kept, ids = {}, set()

    def read(self, body, _):
        only(body, self.FIELDS, "body")
        given = body.get("input", "")
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        previous = body.get("previous_response_id")
        check(previous is None or previous in self.kept, f"Previous response with id '{previous}' not found.")
        asked, open_calls = Asked(), set()
        for item in self.kept.get(previous, []) + items:
            kind = item.get("type", "message")
            check(kind in self.ITEMS, f"Invalid value: '{kind}'.")
            only(item, self.ITEMS[kind], kind)
            check(item.get("id") is None or item["id"] in self.ids, f"Item with id '{item.get('id')}' not found.")
            if kind == "function_call":
                open_calls.add(item["call_id"])
            elif kind == "function_call_output":
                check(item["call_id"] in open_calls, "No tool call found for function call output.")
                open_calls.discard(item["call_id"])
                asked.question = ""
                asked.results.append(item["output"])
            elif kind == "message" and item["role"] == "user":
                asked.hear(self.content(item["content"], asked))
        check(not open_calls, "No tool output found for function call.")
        asked.tools = [tool["name"] for tool in body.get("tools", [])]
        asked.schema = ((body.get("text") or {}).get("format") or {}).get("schema")
        asked.thinks = ((body.get("reasoning") or {}).get("effort") or "none") != "none"
        asked.limit = body.get("max_output_tokens")
        return asked

    @staticmethod
    def content(content, asked):
        parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
        check(all(part["type"] in ("input_text", "input_image") for part in parts), "Invalid part.")
        asked.images += sum(part["type"] == "input_image" for part in parts)
        return " ".join(part.get("text", "") for part in parts)

    def response(self, said, body):
        status = "incomplete" if said.is_cut else "completed"
        output = []
        if said.thought:
            output.append({"id": f"rs_{next(number)}", "type": "reasoning",
                           "summary": [{"type": "summary_text", "text": said.thought}]})
        if said.text:
            part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
            output.append({"id": f"msg_{next(number)}", "type": "message", "role": "assistant", "status": status,
                           "content": [part]})
        output += [{"id": f"fc_{next(number)}", "type": "function_call", "status": "completed", "call_id": id, "name": name,
                    "arguments": arguments} for id, name, arguments in said.calls]
        usage = {"input_tokens": INPUT, "input_tokens_details": {"cached_tokens": CACHED}, "output_tokens": said.output(),
                 "output_tokens_details": {"reasoning_tokens": said.thinking()}, "total_tokens": INPUT + said.output()}
        response = {"id": f"resp_{next(number)}", "object": "response", "created_at": 1767225600, "status": status,
                    "background": False, "error": None, "model": body["model"], "output": output, "usage": usage,
                    "incomplete_details": {"reason": "max_output_tokens"} if said.is_cut else None}
        for name, unset in [("instructions", None), ("max_output_tokens", None), ("metadata", {}),
                            ("parallel_tool_calls", True), ("previous_response_id", None), ("reasoning", {}),
                            ("store", True), ("temperature", 1.0), ("text", {"format": {"type": "text"}}),
                            ("tool_choice", "auto"), ("tools", []), ("top_p", 1.0), ("truncation", "disabled")]:
            response[name] = body.get(name, unset)
        self.ids.update(item["id"] for item in output)
        if response["store"] is not False:
            given = body.get("input", "")
            before = self.kept.get(body.get("previous_response_id"), [])
            items = [{"role": "user", "content": given}] if isinstance(given, str) else given
            self.kept[response["id"]] = before + items + output
        return response

    def whole(self, said, body):
        return self.response(said, body)

    def stream(self, said, body):
        whole, sequence = self.response(said, body), itertools.count()

        def event(kind, **fields):
            return sse({"type": kind, "sequence_number": next(sequence), **fields}, kind)

        begun = {**whole, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
        yield event("response.created", response=begun)
        yield event("response.in_progress", response=begun)
        for index, item in enumerate(whole["output"]):
            place = {"item_id": item["id"], "output_index": index}
            empty = {name: [] if isinstance(value, list) else value for name, value in item.items()}
            if item["type"] == "function_call":
                empty["arguments"] = ""
            yield event("response.output_item.added", output_index=index, item={**empty, "status": "in_progress"})
            if item["type"] == "function_call":
                for piece in pieces(item["arguments"]):
                    yield event("response.function_call_arguments.delta", **place, delta=piece)
                yield event("response.function_call_arguments.done", **place, arguments=item["arguments"])
            elif item["type"] == "reasoning":
                place["summary_index"] = 0
                part = item["summary"][0]
                yield event("response.reasoning_summary_part.added", **place, part={**part, "text": ""})
                for piece in pieces(part["text"]):
                    yield event("response.reasoning_summary_text.delta", **place, delta=piece)
                yield event("response.reasoning_summary_text.done", **place, text=part["text"])
                yield event("response.reasoning_summary_part.done", **place, part=part)
            else:
                place["content_index"] = 0
                part = item["content"][0]
                yield event("response.content_part.added", **place, part={**part, "text": ""})
                for piece in pieces(part["text"]):
                    yield event("response.output_text.delta", **place, delta=piece, logprobs=[])
                    if said.breaks_off:
                        yield event("error", code="server_error", message="the server is overloaded", param=None)
                        return
                yield event("response.output_text.done", **place, text=part["text"], logprobs=[])
                yield event("response.content_part.done", **place, part=part)
            yield event("response.output_item.done", output_index=index, item=item)
        yield event(f"response.{whole['status']}", response=whole)


class Messages:
    key = ("x-api-key", KEY)
    FIELDS = ("model messages max_tokens system stream tools tool_choice temperature top_p top_k stop_sequences metadata "
              "thinking output_config service_tier thread")
    kept = {}
    BLOCKS = {"text": "type text cache_control citations", "image": "type source cache_control",
              "thinking": "type thinking signature", "tool_use": "type id name input cache_control",
              "tool_result": "type tool_use_id content is_error cache_control"}

    @staticmethod
    def error(status, message, details=None):
        error = {"type": KINDS.get(status, ("api_error",))[0], "message": message}
        return {"type": "error", "error": {**error, "details": details} if details else error, "request_id": "req_anthropic"}

    def read(self, body, path):
        only(body, self.FIELDS, "body")
        counts = path.endswith("/count_tokens")
        check(counts or isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
        thinking = body.get("thinking", {})
        asked = Asked(limit=body.get("max_tokens"), thinks=thinking.get("type") in ("enabled", "adaptive"))
        budget = thinking.get("budget_tokens", 1024)
        check(not asked.thinks or counts or 1024 <= budget < asked.limit, "thinking.budget_tokens: out of range")
        check(not asked.thinks or body.get("temperature", 1) == 1, "temperature: may only be 1 when thinking")
        self.go_on(body)
        roles, open_calls = [], set()
        for turn in body["messages"]:
            only(turn, "role content", "messages")
            roles.append(turn["role"])
            content = turn["content"]
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            results = [block for block in blocks if block["type"] == "tool_result"]
            check({block["tool_use_id"] for block in results} == open_calls, "tool_use without tool_result, or the reverse")
            for block in blocks:
                only(block, self.BLOCKS[block["type"]], block["type"])
                check(block["type"] != "text" or block["text"], "text content blocks must be non-empty")
                check(block.get("signature", SIGNATURE) == SIGNATURE, "Invalid `signature` in `thinking` block")
                source = block.get("source", {"type": "base64", "media_type": "image/png"})
                check(source["type"] == "base64" and source["media_type"] == "image/png", "image: not what was sent")
            open_calls = {block["id"] for block in blocks if block["type"] == "tool_use"}
            if asked.thinks and open_calls:
                # Of the last turn alone; models that think adaptively do not mind.
                check(turn != self.last(body) or blocks[0]["type"] == "thinking" or thinking["type"] == "adaptive",
                      "Expected `thinking` or `redacted_thinking`, but found `tool_use`")
            asked.images += sum(block["type"] == "image" for block in blocks)
            if turn["role"] == "user":
                asked.hear(" ".join(block["text"] for block in blocks if block["type"] == "text"))
                asked.results = [self.text(block.get("content", "")) for block in results]
        check(not open_calls, "tool_use without tool_result")
        check(roles[0] == "user", "first message must use the user role")
        for tool in body.get("tools", []):
            only(tool, "name description input_schema strict type cache_control", "tools")
        asked.tools = [tool["name"] for tool in body.get("tools", [])]
        asked.schema = body.get("output_config", {}).get("format", {}).get("schema")
        return asked

    def go_on(self, body):
        """With a thread the provider keeps what was said: only what is new is sent."""
        thread = body.get("thread") or {}
        if thread.get("type") == "continue":
            check("tools" not in body and "system" not in body, "thread: set when it was created")
            before = self.kept.pop(thread["previous_message_id"], None)
            if not before:
                raise Refused(404, "No such thread.", {"error_code": "thread_not_found"})
            body["messages"], body["tools"] = before["messages"] + body["messages"], before["tools"]

    @staticmethod
    def last(body):
        return [turn for turn in body["messages"] if turn["role"] == "assistant"][-1]

    @staticmethod
    def text(content):
        return content if isinstance(content, str) else " ".join(block["text"] for block in content)

    def message(self, said, body):
        content = []
        if said.thought:
            content.append({"type": "thinking", "thinking": said.thought, "signature": SIGNATURE})
        if said.text:
            content.append({"type": "text", "text": said.text, "citations": None})
        content += [{"type": "tool_use", "id": id, "name": name, "input": json.loads(arguments)}
                    for id, name, arguments in said.calls]
        usage = {"input_tokens": INPUT - CACHED, "cache_creation_input_tokens": 0, "cache_read_input_tokens": CACHED,
                 "output_tokens": said.output(), "service_tier": "standard"}
        reason = "max_tokens" if said.is_cut else "tool_use" if said.calls else "end_turn"
        id = f"msg_{next(number)}"
        if body.get("thread"):
            reply = {"role": "assistant", "content": content}
            self.kept[id] = {"messages": [*body["messages"], reply], "tools": body.get("tools", [])}
        return {"id": id, "type": "message", "role": "assistant", "model": body["model"],
                "content": content, "stop_reason": reason, "stop_sequence": None, "usage": usage}

    def whole(self, said, body):
        return self.message(said, body)

    def stream(self, said, body):
        whole = self.message(said, body)

        def event(kind, **fields):
            return sse({"type": kind, **fields}, kind)

        begun = {**whole, "content": [], "stop_reason": None, "usage": {**whole["usage"], "output_tokens": 1}}
        yield event("message_start", message=begun)
        yield event("ping")
        for index, block in enumerate(whole["content"]):
            kind = block["type"]
            empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}[kind]
            yield event("content_block_start", index=index, content_block={**block, **empty})
            delta, name, text = {"text": ("text_delta", "text", block.get("text")),
                                 "thinking": ("thinking_delta", "thinking", block.get("thinking")),
                                 "tool_use": ("input_json_delta", "partial_json", json.dumps(block.get("input")))}[kind]
            for piece in pieces(text):
                yield event("content_block_delta", index=index, delta={"type": delta, name: piece})
                if said.breaks_off:
                    yield sse(self.error(503, "Overloaded"), "error")
                    return
            if kind == "thinking":
                signature = {"type": "signature_delta", "signature": SIGNATURE}
                yield event("content_block_delta", index=index, delta=signature)
            yield event("content_block_stop", index=index)
        delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
        yield event("message_delta", delta=delta, usage={"output_tokens": said.output()})
        yield event("message_stop")


class Count(Messages):
    def whole(self, said, body):
        return {"input_tokens": INPUT}


class Gemini:
    key = ("x-goog-api-key", KEY)
    CONFIG = ("maxOutputTokens temperature topP topK stopSequences candidateCount seed responseMimeType responseJsonSchema "
              "thinkingConfig")
    PARTS = "text thought thoughtSignature inlineData functionCall functionResponse"

    @staticmethod
    def error(status, message, _=None):
        """Google says here how long to wait, and in no header."""
        wait = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{WAIT - 0.5}s"}
        error = {"code": status, "message": message, "status": KINDS.get(status, ("", "INTERNAL"))[1]}
        return {"error": {**error, "details": [wait]} if status == 429 else error}

    def read(self, body, _):
        only(body, "contents systemInstruction tools toolConfig generationConfig", "body")
        config = body.get("generationConfig", {})
        only(config, self.CONFIG, "generationConfig")
        asked = Asked(limit=config.get("maxOutputTokens"), schema=config.get("responseJsonSchema"))
        thinking = config.get("thinkingConfig", {})
        only(thinking, "includeThoughts thinkingLevel thinkingBudget", "thinkingConfig")
        asked.thinks = thinking.get("includeThoughts", False)
        open_calls = []
        for turn in body["contents"]:
            only(turn, "role parts", "contents")
            check(turn["role"] in ("user", "model") and turn["parts"], "a turn has no role or no parts")
            calls = [part["functionCall"] for part in turn["parts"] if "functionCall" in part]
            results = [part["functionResponse"] for part in turn["parts"] if "functionResponse" in part]
            named = [(result["name"], result.get("id")) for result in results]
            check(named == open_calls, "function response parts must equal the function call parts before them")
            open_calls = [(call["name"], call.get("id")) for call in calls]
            first = next((part for part in turn["parts"] if "functionCall" in part), {"thoughtSignature": SIGNATURE})
            check(first.get("thoughtSignature") in (SIGNATURE, UNSIGNED), "Function call is missing a thought_signature")
            for part in turn["parts"]:
                only(part, self.PARTS, "parts")
                asked.images += part.get("inlineData", {}).get("mimeType") == "image/png"
            if turn["role"] == "user":
                asked.hear(" ".join(part["text"] for part in turn["parts"] if "text" in part))
                asked.results = [result["response"]["result"] for result in results]
        check(not open_calls, "a function call has no response")
        for tool in body.get("tools", []):
            only(tool, "functionDeclarations", "tools")
            for function in tool["functionDeclarations"]:
                only(function, "name description parameters parametersJsonSchema", "functionDeclarations")
                asked.tools.append(function["name"])
        return asked

    def event(self, parts, said, path, finish=None):
        counts = {"promptTokenCount": INPUT, "cachedContentTokenCount": CACHED, "thoughtsTokenCount": said.thinking(),
                  "candidatesTokenCount": said.output() - said.thinking(), "totalTokenCount": INPUT + said.output()}
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        return {"candidates": [candidate], "usageMetadata": counts, "responseId": self.id,
                "modelVersion": re.search(r"models/([^:]+)", path)[1]}

    def parts(self, said):
        self.id = f"gemini-{next(number)}"
        yield from ({"text": piece, "thought": True} for piece in pieces(said.thought))
        yield from ({"text": piece} for piece in pieces(said.text))
        for index, (id, name, arguments) in enumerate(said.calls):
            call = {"functionCall": {"id": id, "name": name, "args": json.loads(arguments)}}
            yield {**call, **({"thoughtSignature": SIGNATURE} if index == 0 else {})}

    def finish(self, said):
        return "MAX_TOKENS" if said.is_cut else "STOP"

    def whole(self, said, body):
        return self.event(list(self.parts(said)), said, body["path"], self.finish(said))

    def stream(self, said, body):
        for part in self.parts(said):
            yield sse(self.event([part], said, body["path"])).replace("\n", "\r\n")
            if said.breaks_off:
                yield sse(self.error(503, "The model is overloaded.")).replace("\n", "\r\n")
                return
        yield sse(self.event([{"text": ""}], said, body["path"], self.finish(said))).replace("\n", "\r\n")


class Embeddings(OpenAI):
    def read(self, body, _):
        only(body, "model input encoding_format dimensions user", "body")
        check(body.get("encoding_format", "float") in ("float", "base64"), "encoding_format")
        return Asked()

    def whole(self, _, body):
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        vectors = [[float(len(text)), float(len(text.split()))] for text in texts]
        if body.get("encoding_format") == "base64":
            vectors = [base64.b64encode(struct.pack("<2f", *vector)).decode() for vector in vectors]
        data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
        tokens = sum(len(text.split()) for text in texts)
        return {"object": "list", "model": body["model"], "data": data,
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


class GeminiEmbeddings(Embeddings):
    key = Gemini.key


RESOURCES = [
    (r"/(openai|compat)/v1/chat/completions", lambda path: Chat(path.split("/")[1])),
    (r"/openai/v1/responses", lambda _: Responses()),
    (r"/openai/v1/embeddings", lambda _: Embeddings()),
    (r"/anthropic/v1/messages", lambda _: Messages()),
    (r"/anthropic/v1/messages/count_tokens", lambda _: Count()),
    (r"/gemini/v1beta/models/[^/]+:(generateContent|streamGenerateContent\?alt=sse)", lambda _: Gemini()),
    (r"/gemini/v1beta/openai/embeddings", lambda _: GeminiEmbeddings()),
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        known = [make for pattern, make in RESOURCES if re.fullmatch(pattern, self.path)]
        api = known[0](self.path) if known else OpenAI()
        try:
            if not known:
                raise Refused(404, f"no such resource: {self.path}")
            name, value = api.key
            if self.headers[name] != value:
                raise Refused(401, "Incorrect API key provided.")
            if "missing" in body.get("model", self.path):
                raise Refused(404, "The model does not exist.")
            said = answer(self.understood(api, body))
        except Refused as refused:
            return self.send(refused.status, api.error(refused.status, str(refused), refused.details))
        if isinstance(api, Gemini):
            body["path"], body["stream"] = self.path, "stream" in self.path
        if not body.get("stream"):
            return self.send(200, api.whole(said, body))
        self.head(200, "text/event-stream", ("transfer-encoding", "chunked"))
        for event in api.stream(said, body):
            # Events do not keep to the pieces in which bytes arrive.
            data = event.encode()
            for piece in (data[:len(data) // 2], data[len(data) // 2:]):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def understood(self, api, body):
        try:
            return api.read(body, self.path)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise Refused(400, f"not what this API knows: {error!r}") from error

    def send(self, status, body):
        data = json.dumps(body).encode()
        self.head(status, "application/json", ("content-length", str(len(data))))
        self.wfile.write(data)

    def head(self, status, kind, length):
        self.send_response(status)
        limits = [("retry-after", str(WAIT))] if status == 429 and not self.path.startswith("/gemini") else []
        for name, value in [("content-type", kind), ("x-request-id", "req_upstream"), length, *limits]:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Path(sys.argv[1]).write_text(str(server.server_port))
    threading.Event().wait()


if __name__ == "__main__":
    main()
