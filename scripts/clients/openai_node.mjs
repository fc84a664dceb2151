// openai-node: chat, tools, Responses, completions, embeddings, models and errors.

import assert from "node:assert/strict";
import OpenAI from "openai";

const baseURL = `${process.env.SCRIMP_URL}/v1`;
const client = new OpenAI({ baseURL, apiKey: "client-secret-1", maxRetries: 0 });

// One of every provider kind, and what providers.py counts and says: see checks.py.
const OPENAI = "openai/gpt-6-luna";
const MODELS = [OPENAI, "compat/qwen3-8b", "claude/claude-sonnet-4-5", "gemini/gemini-3-pro"];
const [INPUT, CACHED] = [20, 4];
const WEATHER = "What is the weather in Paris and in Rome?";
const TOLD = "I was told: sunny in Paris; sunny in Rome";
const object = (properties) => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false });
const PERSON = object({ name: { type: "string" }, age: { type: "integer" } });
const FUNCTION = { name: "weather", description: "The weather in a city.", parameters: object({ city: { type: "string" } }) };

const checks = [];
const check = (name, models, test) => models.forEach((model) => checks.push([name, model, test]));
const once = [undefined];
const user = (content) => [{ role: "user", content }];
const say = (content, model, more = {}) => client.chat.completions.create({ model, messages: user(content), ...more });
const respond = (input, model, more = {}) => client.responses.create({ model, input, ...more });
const weather = ({ city }) => `sunny in ${city}`;

async function all(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** The error that `call` throws: of exactly this class, and with these fields. */
async function throws(kind, call, fields = {}) {
  try {
    const result = await call();
    if (result?.[Symbol.asyncIterator]) await all(result);
  } catch (error) {
    assert.equal(error.constructor.name, kind.name, error.message);
    for (const [name, expected] of Object.entries(fields)) assert.equal(error[name], expected, name);
    return error;
  }
  assert.fail(`no ${kind.name}`);
}

check("chat", MODELS, async (model) => {
  const completion = await say("one two", model, { max_completion_tokens: 50 });
  assert.equal(completion.choices[0].message.content, "You said: one two");
  assert.equal(completion.choices[0].finish_reason, "stop");
  assert.equal(completion.usage.prompt_tokens, INPUT);
  assert.equal(completion.usage.completion_tokens, 4);
  assert.equal(completion.usage.prompt_tokens_details.cached_tokens, CACHED);
  assert.ok(completion._request_id);
});

check("chat stream", MODELS, async (model) => {
  const more = { messages: user("three four"), stream_options: { include_usage: true } };
  const stream = client.chat.completions.stream({ model, ...more });
  const texts = [];
  stream.on("content", (delta) => texts.push(delta));
  assert.equal(await stream.finalContent(), "You said: three four");
  assert.equal(texts.join(""), "You said: three four");
  assert.equal((await stream.totalUsage()).completion_tokens, 4);
});

check("chat tools", MODELS, async (model) => {
  for (const stream of [false, true]) {
    const tool = { type: "function", function: { ...FUNCTION, parse: JSON.parse, function: weather } };
    const runner = client.chat.completions.runTools({ model, messages: user(WEATHER), tools: [tool], stream });
    assert.equal(await runner.finalContent(), TOLD);
  }
});

check("chat structured", MODELS, async (model) => {
  const format = { type: "json_schema", json_schema: { name: "person", strict: true, schema: PERSON } };
  const completion = await client.chat.completions.parse({ model, messages: user("Who?"), response_format: format });
  assert.deepEqual(JSON.parse(completion.choices[0].message.content), { name: "Ada", age: 36 });
});

check("responses", MODELS, async (model) => {
  const response = await respond("one two", model, { instructions: "Be brief." });
  assert.equal(response.output_text, "You said: one two");
  assert.equal(response.status, "completed");
  assert.equal(response.usage.output_tokens, 4);
  const stream = client.responses.stream({ model, input: "three four" });
  const events = await all(stream);
  assert.equal((await stream.finalResponse()).output_text, "You said: three four");
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, place) => place));
});

check("responses tools", MODELS, async (model) => {
  const tools = [{ type: "function", strict: true, ...FUNCTION }];
  const stream = client.responses.stream({ model, input: WEATHER, tools });
  for (const response of [await respond(WEATHER, model, { tools }), await stream.finalResponse()]) {
    const calls = response.output.filter((item) => item.type === "function_call");
    const results = calls.map(({ call_id, arguments: said }) =>
      ({ type: "function_call_output", call_id, output: weather(JSON.parse(said)) }));
    // The stream's helper adds what is no field of the API.
    const output = response.output.map(({ parsed_arguments, ...item }) => item);
    assert.equal((await respond([...user(WEATHER), ...output, ...results], model, { tools })).output_text, TOLD);
  }
});

check("previous response refused", MODELS.slice(1), (model) =>
  throws(OpenAI.BadRequestError, () => respond("hi", model, { previous_response_id: "resp_1" }),
    { code: "unsupported_by_provider", param: "previous_response_id" }));

check("completions", MODELS, async (model) => {
  const completion = await client.completions.create({ model, prompt: "one two", max_tokens: 50 });
  assert.equal(completion.choices[0].text, "You said: one two");
  const chunks = await all(await client.completions.create({ model, prompt: "three", max_tokens: 50, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0].text).join(""), "You said: three");
});

check("embeddings", ["openai/text-embedding-3-small", "gemini/gemini-embedding-001"], async (model) => {
  const single = await client.embeddings.create({ model, input: "one two" }); // asks for base64, and decodes it
  assert.deepEqual([...single.data[0].embedding], [7, 2]);
  const batch = await client.embeddings.create({ model, input: ["one two", "a"], encoding_format: "float" });
  assert.deepEqual(batch.data.map((item) => item.embedding), [[7, 2], [1, 1]]);
});

check("embeddings local", once, async () => {
  const ask = { model: "local", input: "How do I reset my password?" };
  const [coded] = (await client.embeddings.create(ask)).data;
  const [floats] = (await client.embeddings.create({ ...ask, encoding_format: "float" })).data;
  assert.equal(coded.embedding.length, floats.embedding.length);
  coded.embedding.forEach((value, place) => assert.ok(Math.abs(value - floats.embedding[place]) < 1e-6));
});

check("models", once, async () => {
  assert.ok((await all(client.models.list())).some((model) => model.id === OPENAI));
  assert.equal((await client.models.retrieve("default")).id, "default");
  await throws(OpenAI.NotFoundError, () => client.models.retrieve("nobody/nothing"), { code: "model_not_found" });
});

check("unknown keys", once, async () => {
  const other = new OpenAI({ baseURL, apiKey: "wrong-secret" });
  const ask = () => other.chat.completions.create({ model: OPENAI, messages: user("hi") });
  await throws(OpenAI.AuthenticationError, ask, { code: "invalid_api_key" });
});

check("errors", MODELS, async (model) => {
  for (const ask of [say, respond]) {
    for (const stream of [false, true]) {
      await throws(OpenAI.BadRequestError, () => ask("fail with 400", model, { stream }));
      await throws(OpenAI.RateLimitError, () => ask("fail with 429", model, { stream }));
      await throws(OpenAI.InternalServerError, () => ask("fail with 503", model, { stream }), { status: 503 });
    }
    await throws(OpenAI.NotFoundError, () => ask("hi", `${model.split("/")[0]}/missing`));
  }
  await throws(OpenAI.APIError, () => say("break off", model, { stream: true }));
});

check("how long to wait", MODELS, async (model) => {
  const limited = await throws(OpenAI.RateLimitError, () => say("fail with 429", model));
  assert.equal(limited.headers.get("retry-after"), "30");
});

check("cache headers", once, async () => {
  const ask = () => say("Is this kept?", OPENAI).withResponse();
  assert.equal((await ask()).response.headers.get("x-scrimp-model"), OPENAI);
  assert.equal((await ask()).response.headers.get("x-scrimp-cache"), "exact");
});

for (const [name, model, test] of checks) {
  let verdict = "ok";
  try {
    await test(model);
  } catch (error) {
    console.error(error);
    verdict = `${error.constructor.name}: ${error.message}`.replace(/\s+/g, " ");
  }
  console.log(["openai-node", model ? `${name}, ${model.split("/")[0]}` : name, verdict].join("\t"));
}
