"""anthropic-python: messages, streams, tools, thinking, images, counts, models and errors."""

import anthropic
from pydantic import BaseModel

from checks import (CACHED, CLAUDE, COMPAT, GEMINI, INPUT, KEY, MODELS, OPENAI, PARAMETERS, PNG, TOLD, URL, WEATHER, check,
                    equal, raises, run)

client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)
TOOL = {"name": "weather", "description": "The weather in a city.", "input_schema": PARAMETERS}
THINKING = {"type": "enabled", "budget_tokens": 1024}


class Person(BaseModel):
    name: str
    age: int


def user(content):
    return [{"role": "user", "content": content}]


def say(content, model, **more):
    return client.messages.create(**{"model": model, "messages": user(content), "max_tokens": 50, **more})


def streamed(content, model, **more):
    """The whole message of a stream, and the kinds of its events."""
    with client.messages.stream(**{"model": model, "messages": user(content), "max_tokens": 50, **more}) as stream:
        kinds = [event.type for event in stream]
        return stream.get_final_message(), kinds


def counted(usage, output):
    equal((usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens), (INPUT - CACHED, CACHED, output))


def results(message):
    return user([{"type": "tool_result", "tool_use_id": block.id, "content": f"sunny in {block.input['city']}"}
                 for block in message.content if block.type == "tool_use"])


@check(*MODELS)
def messages(model):
    mark = {"type": "ephemeral"}
    turns = [*user("hi"), {"role": "assistant", "content": "Hello."},
             *user([{"type": "text", "text": "one two", "cache_control": mark}])]
    message = client.messages.create(model=model, messages=turns, max_tokens=50, stop_sequences=["END"],
                                     system=[{"type": "text", "text": "Be brief.", "cache_control": mark}],
                                     metadata={"user_id": "me"})
    equal([(block.type, block.text) for block in message.content], [("text", "You said: one two")])
    equal((message.role, message.type, message.stop_reason), ("assistant", "message", "end_turn"))
    equal(message.model, model.split("/")[1])
    counted(message.usage, 4)
    equal(say("one two three", model, max_tokens=3).stop_reason, "max_tokens")


@check(*MODELS)
def stream(model):
    with client.messages.stream(model=model, messages=user("three four"), max_tokens=50) as stream:
        equal("".join(stream.text_stream), "You said: three four")
        message = stream.get_final_message()
    equal((message.content[0].text, message.stop_reason), ("You said: three four", "end_turn"))
    counted(message.usage, 4)
    events = [event.type for event in say("five", model, stream=True) if event.type != "ping"]
    equal(events[:2] + events[-3:], ["message_start", "content_block_start", "content_block_stop", "message_delta",
                                     "message_stop"])


@check(*MODELS)
def tools(model):
    more = {"tools": [TOOL], "tool_choice": {"type": "auto"}}
    whole = say(WEATHER, model, **more)
    by_events, kinds = streamed(WEATHER, model, **more)
    assert "input_json" in kinds, kinds
    for message in (whole, by_events):
        equal((message.stop_reason, [block.type for block in message.content]), ("tool_use", ["tool_use", "tool_use"]))
        equal([block.input for block in message.content], [{"city": "Paris"}, {"city": "Rome"}])
        turns = [*user(WEATHER), {"role": "assistant", "content": message.content}, *results(message)]
        equal(say("", model, messages=turns, **more).content[0].text, TOLD)


@check(*MODELS)
def tool_runner(model):
    """The helper that calls the tools itself. It has the provider keep the conversation (`thread`) where that is possible."""
    @anthropic.beta_tool
    def weather(city: str) -> str:
        """The weather in a city."""
        return f"sunny in {city}"

    runner = client.beta.messages.tool_runner(model=model, messages=user(WEATHER), max_tokens=50, tools=[weather])
    equal(runner.until_done().content[0].text, TOLD)


def begun(model):
    """A conversation that the provider is to keep."""
    return client.beta.messages.with_raw_response.create(
        model=model, messages=user("begin"), max_tokens=50, thread={"type": "create"}, betas=["message-threads-2026-08-12"])


@check(CLAUDE)
def thread_is_not_cached(model):
    """It can be continued once: one from the cache, the provider would not know or not go on with."""
    equal([begun(model).headers["x-scrimp-cache"] for _ in range(2)], ["bypass", "bypass"])


@check(OPENAI, COMPAT, GEMINI)
def thread_refused(model):
    """A provider that keeps nothing would be sent new turns without what came before; told so, the helpers do without."""
    raises(anthropic.types.ThreadUnsupportedRequestError, lambda: begun(model))


@check(COMPAT, CLAUDE, GEMINI)
def thinking(model):
    more = {"thinking": THINKING, "max_tokens": 4000}
    whole = say("think", model, **more)
    by_events, kinds = streamed("think again", model, **more)
    assert "thinking" in kinds, kinds
    for message, text in ((whole, "You said: think"), (by_events, "You said: think again")):
        equal([block.type for block in message.content], ["thinking", "text"])
        equal((message.content[0].thinking, message.content[1].text), ("Let me think.", text))
        assert isinstance(message.content[0].signature, str)
        counted(message.usage, len(text.split()) + 5)


@check(*MODELS)
def thinking_and_tools(model):
    """The thoughts, as far as the provider shows them, go back with the calls."""
    more = {"thinking": THINKING, "max_tokens": 4000, "tools": [TOOL]}
    for message in (say(WEATHER, model, **more), streamed(WEATHER, model, **more)[0]):
        turns = [*user(WEATHER), {"role": "assistant", "content": message.content}, *results(message)]
        told = say("", model, messages=turns, **more)
        equal([block.text for block in told.content if block.type == "text"], [TOLD])


@check(*MODELS)
def images(model):
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    message = say([{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}], model)
    equal(message.content[0].text, "I see 1 image.")


@check(*MODELS)
def structured(model):
    parsed = client.messages.parse(model=model, messages=user("Who?"), max_tokens=50, output_format=Person)
    equal(parsed.parsed_output, Person(name="Ada", age=36))


@check(*MODELS)
def count_tokens(model):
    counted = client.messages.count_tokens(model=model, messages=user("one two three"), system="Be brief.", tools=[TOOL])
    if model == CLAUDE:
        equal(counted.input_tokens, INPUT)
    assert counted.input_tokens > 5, counted


@check()
def models():
    assert OPENAI in [model.id for model in client.models.list()]
    equal(client.models.retrieve(CLAUDE).id, CLAUDE)
    raises(anthropic.NotFoundError, lambda: client.models.retrieve("nobody/nothing"), type="not_found_error")


@check()
def unknown_keys():
    for other in (client.with_options(api_key="wrong-secret"), anthropic.Anthropic(base_url=URL, auth_token="wrong-secret")):
        raises(anthropic.AuthenticationError, lambda: other.messages.create(
            model=CLAUDE, messages=user("hi"), max_tokens=50), type="authentication_error")
    bearer = anthropic.Anthropic(base_url=URL, auth_token=KEY)
    equal(bearer.messages.create(model=CLAUDE, messages=user("hi"), max_tokens=50).content[0].text, "You said: hi")


@check(*MODELS)
def errors(model):
    for stream in (False, True):
        raises(anthropic.BadRequestError, lambda: say("fail with 400", model, stream=stream), type="invalid_request_error")
        raises(anthropic.RateLimitError, lambda: say("fail with 429", model, stream=stream), type="rate_limit_error")
        raises(anthropic.ServiceUnavailableError, lambda: say("fail with 503", model, stream=stream),
               type="overloaded_error")
    for name in (f"{model.split('/')[0]}/missing", "nobody/nothing"):
        raises(anthropic.NotFoundError, lambda: say("hi", name), type="not_found_error")
    raises(anthropic.BadRequestError, lambda: say(5, model), type="invalid_request_error")


@check(*MODELS)
def how_long_to_wait(model):
    limited = raises(anthropic.RateLimitError, lambda: say("fail with 429", model))
    equal(limited.response.headers.get("retry-after"), "30")


@check(*MODELS)
def broken_stream(model):
    raises(anthropic.APIStatusError, lambda: say("break off", model, stream=True), type="overloaded_error")


@check(OPENAI, CLAUDE)
def raw_and_request_id(model):
    raw = client.messages.with_raw_response.create(model=model, messages=user("raw"), max_tokens=50)
    equal((raw.parse().content[0].text, raw.headers["x-scrimp-model"]), ("You said: raw", model))
    assert raw.parse()._request_id, "no request id"


run("anthropic-python")
