"""Both Python clients and one cache: an answer given in one protocol is served in the others, and to nobody else."""

import json
import os
import subprocess
import time

import anthropic
import openai

from checks import KEY, MODELS, OPENAI, OTHER_KEY, URL, check, equal, run

QUESTION = "What is the capital of France?"
ANSWER = f"You said: {QUESTION}"
# Asked for in words that all protocols have.
ASKED = [{"role": "user", "content": QUESTION}]


def chat(model, stream, key=KEY):
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=key)
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=ASKED, max_completion_tokens=60, stream=stream)
    parsed = raw.parse()
    texts = [chunk.choices[0].delta.content or "" for chunk in parsed] if stream else [parsed.choices[0].message.content]
    return raw.headers, "".join(texts)


def responses(model, stream):
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY)
    raw = client.responses.with_raw_response.create(model=model, input=QUESTION, max_output_tokens=60, stream=stream,
                                                      store=False)  # kept answers are shared among Responses alone
    parsed = raw.parse()
    if stream:
        *_, last = parsed
        parsed = last.response
    return raw.headers, parsed.output_text


def messages(model, stream):
    client = anthropic.Anthropic(base_url=URL, api_key=KEY)
    raw = client.messages.with_raw_response.create(model=model, messages=ASKED, max_tokens=60, stream=stream)
    parsed = raw.parse()
    texts = [event.delta.text for event in parsed if event.type == "content_block_delta"] if stream else [
        parsed.content[0].text]
    return raw.headers, "".join(texts)


@check(*MODELS)
def one_answer_for_all(model):
    """Whoever asks first pays; `stream` does not matter."""
    first = MODELS.index(model) % 3
    protocols = [chat, responses, messages]
    headers, text = protocols[first](model, stream=False)
    equal((headers["cache-status"], text), ("scrimp; fwd=bypass; stored; detail=semantic-off", ANSWER))
    for protocol in protocols:
        for stream in (False, True):
            headers, text = protocol(model, stream)
            equal((protocol.__name__, headers["x-scrimp-cache"], headers["x-scrimp-model"], text),
                  (protocol.__name__, "exact", model, ANSWER))
            assert int(headers["age"]) >= 0


@check()
def another_key_is_another_cache():
    equal(chat(OPENAI, stream=False, key=OTHER_KEY)[0]["x-scrimp-cache"], "bypass")
    equal(chat(OPENAI, stream=False, key=OTHER_KEY)[0]["x-scrimp-cache"], "exact")


@check()
def money():
    headers, _ = chat(OPENAI, stream=False)
    equal(headers["x-scrimp-cost-usd"], "0.00")
    assert float(headers["x-scrimp-saved-usd"]) > 0


@check()
def a_streamed_answer_is_stored():
    client = anthropic.Anthropic(base_url=URL, api_key=OTHER_KEY)
    ask = {"model": OPENAI, "messages": [{"role": "user", "content": "streamed first"}], "max_tokens": 60}
    with client.messages.stream(**ask) as stream:
        stream.until_done()
    raw = client.messages.with_raw_response.create(**ask)
    equal((raw.headers["x-scrimp-cache"], raw.parse().content[0].text), ("exact", "You said: streamed first"))


@check()
def ledger():
    """All that was asked for above is written down."""
    command = [os.environ["SCRIMP"], "spend", "--by", "key,protocol,cache", "--json", "--ledger", os.environ["LEDGER"]]
    requests = {}
    deadline = time.monotonic() + 5
    # It is written a little later than answered.
    while ("others", "messages", "exact") not in requests and time.monotonic() < deadline:
        rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["rows"]
        requests = {(row["key"], row["protocol"], row["cache"]): row for row in rows}
    for protocol in ("chat", "responses", "messages"):
        hits = requests["tests", protocol, "exact"]
        assert hits["requests"] >= 2 * len(MODELS) and hits["cost_nano_usd"] == 0, hits
        assert requests["tests", protocol, "bypass"]["output_tokens"] > 0
    equal(requests["others", "chat", "exact"]["requests"], 1)


run("one cache")
