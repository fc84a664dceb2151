"""What the Python clients share: where the gateway is, the models behind it, and a list of checks that is run to its end."""

import asyncio
import inspect
import json
import os
import sys
import traceback

URL = os.environ["SCRIMP_URL"]
KEY = "client-secret-1"
OTHER_KEY = "client-secret-2"

# One of every provider kind. `openai` answers Responses itself and keeps them; `compat` knows chat completions only.
OPENAI, COMPAT, CLAUDE, GEMINI = MODELS = [
    "openai/gpt-6-luna", "compat/qwen3-8b", "claude/claude-sonnet-4-5", "gemini/gemini-3-pro"]

# What providers.py counts in every request, and says of the weather.
INPUT, CACHED = 20, 4
WEATHER = "What is the weather in Paris and in Rome?"
TOLD = "I was told: sunny in Paris; sunny in Rome"
# One white dot.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
              "additionalProperties": False}
FUNCTION = {"name": "weather", "description": "The weather in a city.", "parameters": PARAMETERS, "strict": True}



def weather(arguments):
    """What the tool says: `arguments` is the JSON that the model wrote."""
    return f"sunny in {json.loads(arguments)['city']}"


checks = []


def check(*models):
    """Marks a check, which is run for each of these models; without any, once."""
    def mark(test):
        checks.extend((test, model) for model in models or [None])
        return test
    return mark


def equal(got, expected):
    if got != expected:
        raise AssertionError(f"got {got!r}, expected {expected!r}")


def raises(kind, call, **fields):
    """The error that `call` raises: of exactly this class, and with these fields."""
    try:
        result = call()
        if hasattr(result, "__iter__") and not hasattr(result, "model_fields"):
            list(result)
    except Exception as error:
        if type(error) is not kind:
            raise AssertionError(f"got {type(error).__name__} ({error}), expected {kind.__name__}") from error
        for name, expected in fields.items():
            equal((name, getattr(error, name)), (name, expected))
        return error
    raise AssertionError(f"got {result!r}, expected {kind.__name__}")


def run(client):
    """Runs all checks, and prints for each `client`, what was checked, and `ok` or what was wrong."""
    for test, model in checks:
        name = test.__name__.replace("_", " ") + (f", {model.split('/')[0]}" if model else "")
        try:
            result = test(model) if model else test()
            if inspect.isawaitable(result):
                asyncio.run(result)
            verdict = "ok"
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            verdict = f"{type(error).__name__}: {error}".replace("\n", " ").replace("\t", " ")
        print(client, name, verdict, sep="\t", flush=True)
