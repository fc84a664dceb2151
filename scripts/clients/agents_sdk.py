"""openai-agents: an agent with a function tool, by both of its model classes, streamed and not."""

import openai
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool
from openai.types.shared import Reasoning
from pydantic import BaseModel

from checks import INPUT, KEY, MODELS, TOLD, URL, WEATHER, check, equal, run

CLASSES = [OpenAIResponsesModel, OpenAIChatCompletionsModel]
QUESTION = "And what is the weather in Rome?"


class Person(BaseModel):
    name: str
    age: int


@function_tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


def agent(kind, model, **more):
    client = openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
    return Agent(name="Clerk", instructions="Be brief.", model=kind(model=model, openai_client=client), **more)


async def runs(kind, model, settings):
    clerk = agent(kind, model, tools=[weather], model_settings=settings)
    result = await Runner.run(clerk, WEATHER)
    equal(result.final_output, TOLD)
    equal([response.usage.input_tokens for response in result.raw_responses], [INPUT, INPUT])
    # The next turn of the same conversation, with all that was said, called and thought in it.
    result = await Runner.run(clerk, [*result.to_input_list(), {"role": "user", "content": QUESTION}])
    equal(result.final_output, "I was told: sunny in Rome")
    streamed = Runner.run_streamed(clerk, f"{WEATHER} Hurry.")
    kinds = [event.item.type async for event in streamed.stream_events() if event.type == "run_item_stream_event"]
    equal(streamed.final_output, TOLD)
    equal([kinds.count(kind) for kind in ("tool_call_item", "tool_call_output_item", "message_output_item")], [2, 2, 1])


@check(*MODELS)
async def responses(model):
    await runs(OpenAIResponsesModel, model, ModelSettings())


@check(*MODELS)
async def responses_with_reasoning(model):
    await runs(OpenAIResponsesModel, model, ModelSettings(reasoning=Reasoning(effort="low", summary="auto")))


@check(*MODELS)
async def chat_completions(model):
    await runs(OpenAIChatCompletionsModel, model, ModelSettings(include_usage=True))


@check(*MODELS)
async def chat_completions_with_reasoning(model):
    await runs(OpenAIChatCompletionsModel, model, ModelSettings(include_usage=True, reasoning=Reasoning(effort="low")))


@check(*MODELS)
async def structured(model):
    for kind in CLASSES:
        result = await Runner.run(agent(kind, model, output_type=Person), "Who?")
        equal(result.final_output, Person(name="Ada", age=36))


@check(*MODELS)
async def handoff(model):
    for kind in CLASSES:
        result = await Runner.run(agent(kind, model, handoffs=[agent(kind, model)]), "Hello")
        equal(result.final_output, "You said: Hello")


run("openai-agents")
