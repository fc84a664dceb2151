"""openai-python: Responses, from providers that have them and from those that have not."""

import openai
from pydantic import BaseModel

from checks import (CACHED, CLAUDE, COMPAT, FUNCTION, GEMINI, INPUT, KEY, MODELS, OPENAI, PNG, TOLD, URL, WEATHER, check,
                    equal, raises, run, weather)

client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
TOOL = {"type": "function", **FUNCTION}


class Person(BaseModel):
    name: str
    age: int


def user(content):
    return [{"role": "user", "content": content}]


def respond(given, model, **more):
    return client.responses.create(model=model, input=given, **more)


def counted(usage, output):
    equal((usage.input_tokens, usage.output_tokens, usage.total_tokens), (INPUT, output, INPUT + output))
    equal(usage.input_tokens_details.cached_tokens, CACHED)


def results(response):
    return [{"type": "function_call_output", "call_id": item.call_id, "output": weather(item.arguments)}
            for item in response.output if item.type == "function_call"]


@check(*MODELS)
def create(model):
    response = respond([{"role": "user", "content": [{"type": "input_text", "text": "one two"}]}], model,
                       instructions="Be brief.", max_output_tokens=50)
    equal((response.output_text, response.status, response.object), ("You said: one two", "completed", "response"))
    equal(response.instructions, "Be brief.")
    counted(response.usage, 4)
    cut = respond("one two three", model, max_output_tokens=3)
    equal((cut.status, cut.incomplete_details.reason), ("incomplete", "max_output_tokens"))


@check(*MODELS)
def stream(model):
    with client.responses.stream(model=model, input="three four") as stream:
        events = list(stream)
        equal(stream.get_final_response().output_text, "You said: three four")
    equal("".join(event.delta for event in events if event.type == "response.output_text.delta"), "You said: three four")
    equal([event.sequence_number for event in events], list(range(len(events))))
    counted(events[-1].response.usage, 4)


@check(*MODELS)
def tools_and_reasoning(model):
    """A client that keeps the conversation itself, whole and streamed, with the reasoning in it."""
    more = {"tools": [TOOL], "reasoning": {"effort": "low", "summary": "auto"}}
    with client.responses.stream(model=model, input=WEATHER, **more) as stream:
        list(stream)
        streamed = stream.get_final_response()
    for response in (respond(WEATHER, model, **more), streamed):
        equal([item.type for item in response.output][-2:], ["function_call", "function_call"])
        summaries = [item.summary[0].text for item in response.output if item.type == "reasoning"]
        equal(summaries, ["Let me think."])
        told = respond([*user(WEATHER), *response.output, *results(response)], model, **more)
        equal(told.output_text, TOLD)


@check(*MODELS)
def image(model):
    image = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"}
    equal(respond(user([image, {"type": "input_text", "text": "What is it?"}]), model).output_text, "I see 1 image.")


@check(*MODELS)
def structured(model):
    equal(client.responses.parse(model=model, input="Who?", text_format=Person).output_parsed, Person(name="Ada", age=36))


def goes_on(response, model):
    """The provider keeps the response: it has to be told no more than what the tools said."""
    told = respond(results(response), model, tools=[TOOL], previous_response_id=response.id)
    equal((told.output_text, told.previous_response_id), (TOLD, response.id))


@check(OPENAI)
def previous_response(model):
    for _ in ("fresh", "from the cache"):
        goes_on(respond(f"{WEATHER} Hurry.", model, tools=[TOOL]), model)
    raises(openai.BadRequestError, lambda: respond("hi", model, previous_response_id="resp_unknown"))


@check(OPENAI)
def previous_response_that_the_cache_has_from_elsewhere(model):
    """From a chat, or from a caller who had the provider keep nothing."""
    chat_tool = {"type": "function", "function": FUNCTION}
    client.chat.completions.create(model=model, messages=user(f"{WEATHER} Please."), tools=[chat_tool])
    goes_on(respond(f"{WEATHER} Please.", model, tools=[TOOL]), model)
    respond(f"{WEATHER} Thanks.", model, tools=[TOOL], store=False)
    goes_on(respond(f"{WEATHER} Thanks.", model, tools=[TOOL]), model)


@check(COMPAT, CLAUDE, GEMINI)
def previous_response_refused(model):
    for stream in (False, True):
        raises(openai.BadRequestError, lambda: respond("hi", model, previous_response_id="resp_1", stream=stream),
               code="unsupported_by_provider", param="previous_response_id")


@check(*MODELS)
def errors(model):
    for stream in (False, True):
        raises(openai.BadRequestError, lambda: respond("fail with 400", model, stream=stream))
        raises(openai.RateLimitError, lambda: respond("fail with 429", model, stream=stream))
        raises(openai.InternalServerError, lambda: respond("fail with 503", model, stream=stream), status_code=503)
    assert "error" in [event.type for event in respond("break off", model, stream=True)], "a broken stream without an error"
    for name in (f"{model.split('/')[0]}/missing", "nobody/nothing"):
        raises(openai.NotFoundError, lambda: respond("hi", name))
    raises(openai.AuthenticationError, lambda: client.with_options(api_key="wrong-secret").responses.create(
        model=model, input="hi"), code="invalid_api_key")


run("openai-python responses")
