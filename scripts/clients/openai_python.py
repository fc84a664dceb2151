"""openai-python: chat, legacy completions, embeddings, models and errors."""

import asyncio
import json

import openai
from pydantic import BaseModel

from checks import (CACHED, CLAUDE, FUNCTION, INPUT, KEY, MODELS, OPENAI, PNG, TOLD, URL, WEATHER, check, equal, raises,
                    run, weather)

client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
TOOL = {"type": "function", "function": FUNCTION}


class Person(BaseModel):
    name: str
    age: int


def user(content):
    return [{"role": "user", "content": content}]


def say(text, model, **more):
    return client.chat.completions.create(model=model, messages=user(text), **more)


def counted(usage, output):
    equal((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (INPUT, output, INPUT + output))
    equal(usage.prompt_tokens_details.cached_tokens, CACHED)


def results(message):
    return [{"role": "tool", "tool_call_id": call.id, "content": weather(call.function.arguments)}
            for call in message.tool_calls]


def plain(message):
    """What the protocol knows of a message that called tools."""
    calls = [(call.id, {"name": call.function.name, "arguments": call.function.arguments}) for call in message.tool_calls]
    return {"role": "assistant", "content": message.content,
            "tool_calls": [{"id": id, "type": "function", "function": function} for id, function in calls]}


@check(*MODELS)
def chat(model):
    messages = [{"role": "developer", "content": "Be brief."}, *user("hi"), {"role": "assistant", "content": "Hello."},
                *user([{"type": "text", "text": "one two"}])]
    completion = client.chat.completions.create(model=model, messages=messages, temperature=0.5, max_completion_tokens=50)
    [choice] = completion.choices
    equal((choice.message.content, choice.message.role, choice.finish_reason), ("You said: one two", "assistant", "stop"))
    equal((completion.object, completion.model), ("chat.completion", model.split("/")[1]))
    assert completion.created > 0 and completion.id and completion._request_id
    counted(completion.usage, 4)


@check(*MODELS)
def chat_cut(model):
    completion = say("one two three", model, max_tokens=3)
    equal((completion.choices[0].message.content, completion.choices[0].finish_reason), ("You said: one", "length"))
    raises(openai.LengthFinishReasonError, lambda: client.chat.completions.parse(
        model=model, messages=user("Who?"), response_format=Person, max_tokens=2))


@check(*MODELS)
def chat_stream(model):
    chunks = list(say("three four", model, stream=True, stream_options={"include_usage": True}))
    equal("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), "You said: three four")
    equal(len({chunk.id for chunk in chunks}), 1)
    equal([chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1], "stop")
    counted(chunks[-1].usage, 4)
    assert all(chunk.choices for chunk in say("five", model, stream=True)), "usage that was not asked for"


@check(*MODELS)
def chat_tools(model):
    messages = user(WEATHER)
    message = say(WEATHER, model, tools=[TOOL]).choices[0].message
    equal([json.loads(call.function.arguments)["city"] for call in message.tool_calls], ["Paris", "Rome"])
    with client.chat.completions.stream(model=model, messages=messages, tools=[TOOL], tool_choice="auto") as stream:
        events = [event.type for event in stream]
        completion = stream.get_final_completion()
    streamed = completion.choices[0].message
    equal(completion.choices[0].finish_reason, "tool_calls")
    equal([call.function.parsed_arguments for call in streamed.tool_calls], [{"city": "Paris"}, {"city": "Rome"}])
    equal(events.count("tool_calls.function.arguments.done"), 2)
    for asked, given_back in ((message, message), (streamed, plain(streamed))):
        told = client.chat.completions.create(
            model=model, messages=[*messages, given_back, *results(asked)], tools=[TOOL], tool_choice="none")
        equal(told.choices[0].message.content, TOLD)


def reasoned(model, given_back):
    """A call of tools by a model that was told to think; then its message as `given_back` makes it, and the results."""
    more = {"tools": [TOOL], "reasoning_effort": "low"}
    completion = say(WEATHER, model, **more)
    message = completion.choices[0].message
    equal(completion.usage.completion_tokens, 2 * 7 + 5)
    messages = [*user(WEATHER), given_back(message), *results(message)]
    told = client.chat.completions.create(model=model, messages=messages, **more)
    equal(told.choices[0].message.content, TOLD)


@check(*MODELS)
def chat_reasoning_and_tools(model):
    reasoned(model, lambda message: message)


@check(*MODELS)
def chat_reasoning_and_tools_by_a_client_that_keeps_no_thoughts(model):
    reasoned(model, plain)


@check(*MODELS)
def chat_structured(model):
    parsed = client.chat.completions.parse(model=model, messages=user("Who?"), response_format=Person)
    equal(parsed.choices[0].message.parsed, Person(name="Ada", age=36))
    with client.chat.completions.stream(model=model, messages=user("Who now?"), response_format=Person) as stream:
        equal(stream.get_final_completion().choices[0].message.parsed, Person(name="Ada", age=36))


@check(*MODELS)
def chat_image(model):
    url = f"data:image/png;base64,{PNG}"
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    equal(say(parts, model).choices[0].message.content, "I see 1 image.")


@check(*MODELS)
def completions(model):
    completion = client.completions.create(model=model, prompt="one two", max_tokens=50)
    equal((completion.choices[0].text, completion.choices[0].finish_reason), ("You said: one two", "stop"))
    equal((completion.object, completion.usage.completion_tokens), ("text_completion", 4))
    chunks = list(client.completions.create(model=model, prompt="three", max_tokens=50, stream=True))
    equal("".join(chunk.choices[0].text for chunk in chunks), "You said: three")


@check("openai/text-embedding-3-small", "gemini/gemini-embedding-001")
def embeddings(model):
    single = client.embeddings.create(model=model, input="one two")  # asks for base64, and decodes it
    equal((single.data[0].embedding, single.usage.prompt_tokens), ([7.0, 2.0], 2))
    batch = client.embeddings.create(model=model, input=["one two", "a", "b c d"])
    equal([(item.index, item.embedding) for item in batch.data], [(0, [7.0, 2.0]), (1, [1.0, 1.0]), (2, [5.0, 3.0])])
    floats = client.embeddings.create(model=model, input=["one two"], encoding_format="float")
    equal(floats.data[0].embedding, [7.0, 2.0])


@check()
def embeddings_local():
    coded = client.embeddings.create(model="local", input="How do I reset my password?")
    floats = client.embeddings.create(model="local", input="How do I reset my password?", encoding_format="float")
    equal(len(coded.data[0].embedding), len(floats.data[0].embedding))
    assert max(abs(a - b) for a, b in zip(coded.data[0].embedding, floats.data[0].embedding)) < 1e-6


@check()
def embeddings_where_there_are_none():
    raises(openai.BadRequestError, lambda: client.embeddings.create(model=CLAUDE, input="a"))


@check()
def models():
    listed = [model.id for model in client.models.list()]
    assert "default" in listed and OPENAI in listed, listed
    equal(client.models.retrieve("default").id, "default")
    equal(client.models.retrieve(CLAUDE).id, CLAUDE)
    raises(openai.NotFoundError, lambda: client.models.retrieve("nobody/nothing"), code="model_not_found")


@check()
def unknown_keys():
    other = client.with_options(api_key="wrong-secret")
    for ask in (other.models.list,
                lambda: other.chat.completions.create(model=OPENAI, messages=user("hi"), stream=True)):
        raises(openai.AuthenticationError, ask, code="invalid_api_key")


@check(*MODELS)
def errors(model):
    for stream in (False, True):
        raises(openai.BadRequestError, lambda: say("fail with 400", model, stream=stream))
        raises(openai.RateLimitError, lambda: say("fail with 429", model, stream=stream))
        raises(openai.InternalServerError, lambda: say("fail with 503", model, stream=stream), status_code=503)
    raises(openai.APIError, lambda: say("break off", model, stream=True))
    for name in (f"{model.split('/')[0]}/missing", "nobody/nothing"):
        raises(openai.NotFoundError, lambda: say("hi", name))
    raises(openai.BadRequestError, lambda: client.chat.completions.create(model=model, messages=[]))


@check(*MODELS)
def how_long_to_wait(model):
    limited = raises(openai.RateLimitError, lambda: say("fail with 429", model))
    equal(limited.response.headers.get("retry-after"), "30")


@check(OPENAI)
def raw_and_async(model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=user("raw"))
    equal((raw.parse().choices[0].message.content, raw.headers["x-scrimp-model"]), ("You said: raw", OPENAI))

    async def stream():
        async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY) as other:
            chunks = await other.chat.completions.create(model=model, messages=user("later"), stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    equal(asyncio.run(stream()), "You said: later")


run("openai-python")
