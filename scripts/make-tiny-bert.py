#!/usr/bin/env python3
"""Makes tests/fixtures/tiny-bert: a BERT of 2 layers and 32 dimensions for tests, with random weights of a fixed seed.

It has learnt nothing. Its vectors behave like a bag of words: word vectors are random and large, words of one synonym
group share most of theirs, function words and punctuation put their energy into two dimensions that the last layer
norm damps, and attention and feed-forward weights are small. So a question and its rewording are close, and questions
about different things are far apart. Needs numpy, safetensors and tokenizers only to write.

    python3 scripts/make-tiny-bert.py && python3 scripts/record-reference-vectors.py tests/fixtures/tiny-bert
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

DIM, INNER, HEADS, LAYERS, POSITIONS, WINDOW = 32, 64, 4, 2, 128, 96

FUNCTION_WORDS = """
a an the this that these those some any each every all both such of in on at by for from to with without into onto over
under about between through during before after above below up down out off and or but if then than so as while because
is are was were be been being am do does did done doing have has had having can could will would shall should may might
must i you he she it we they me him her us them my your his its our their mine yours who whom whose which what when
where why how there here please tell me explain say give show let get got just also too very really quite could
would kindly actually maybe s t re ve ll d m im whats hi hello hey thanks thank
""".split()

# Each line is one group of near synonyms.
SYNONYMS = """
big large huge great
small little tiny
largest biggest greatest
smallest tiniest
fastest quickest
fast quick rapid quickly
slow slowly
start begin launch
stop end finish halt
buy purchase
sell
fix repair solve resolve
error bug fault problem issue
make create build produce
delete remove erase drop
change modify alter edit update
movie film
car vehicle automobile
house home
doctor physician
job work occupation
happy glad
sad unhappy
smart clever
hard difficult
easy simple
rich wealthy
child kid
children kids
picture image photo
town city
country nation
road street
help assist support
cook prepare
recipe dish meal
price cost
cheap inexpensive
expensive costly
best optimal ideal
way method approach
find locate
show display print
choose select pick
answer reply response
question query
send mail email
phone telephone mobile
computer machine laptop
program software application app
function procedure
list array
dictionary map
text string
number integer
file document
folder directory
password passcode
account profile
cancel terminate
refund reimbursement
order purchase_order
weather forecast
temperature heat
""".strip().splitlines()

CONTENT_WORDS = """
sky bone hand capital population president king queen minister government law court tax history war peace river mountain lake sea
ocean island continent planet moon sun star earth mars venus jupiter space rocket gravity light speed energy mass atom
water air fire ice snow rain wind storm tree flower plant seed garden farm animal dog cat horse cow bird fish shark
lion tiger bear wolf mouse elephant snake bee spider food bread rice milk cheese egg meat chicken beef apple banana
orange lemon tomato potato onion garlic sugar salt pepper oil butter coffee tea wine beer juice cake chocolate soup
salad pizza pasta noodle oven pan kitchen table chair bed door window wall floor roof room school university teacher
student book library lesson exam course grade science math physics chemistry biology music song piano guitar drum dance
art paint museum theatre actor poem novel story author game play sport football tennis chess ball team player goal win
lose score race run walk swim jump ride drive fly train bus plane ship boat bicycle ticket hotel airport station travel
trip visit map passport visa money bank loan credit card interest rate stock market invest insurance budget salary
company business office manager boss employee team project plan meeting customer service product store shop market
bones hands delivery shipping package address invoice payment subscription contract health heart brain blood bone skin eye ear nose
mouth tooth hand foot leg arm back head pain fever cold flu cough virus vaccine medicine pill drug allergy diet vitamin
sleep exercise weight muscle hospital nurse patient birth death life age year month week day hour minute second time
date today tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday january february march april june
july august september october november december spring summer autumn winter morning evening night north south east west
left right first last next new old young long short high low deep wide open close hot warm cool wet dry clean dirty full
empty red blue green yellow black white brown pink france germany italy spain england britain america canada mexico
brazil china japan india russia australia egypt africa europe asia paris berlin rome madrid london york tokyo moscow
beijing delhi sydney cairo python rust java javascript sql html css linux windows code compile memory pointer thread
loop variable class object method type test server client network internet website browser page link cloud database
table column row index key value cache token model data algorithm sort search tree graph queue stack hash encrypt secret
api request header json yaml error_code version release install configure deploy docker git branch commit merge review
true false not no never none yes only more less most least many much few one two three four five six seven eight nine
ten hundred thousand million half double percent average total sum difference ratio minimum maximum meaning define
definition example compare describe translate summarize write read learn teach know think believe feel want need like
love hate use try ask call talk speak listen hear see watch look wait move turn keep hold bring take put set add
subtract multiply divide count measure convert calculate grow boil fry bake wash cut break join leave return reset login
logout upload download save load copy paste share invite follow block report name word letter language english french
german spanish chinese person people man woman boy girl friend family mother father brother sister wife husband baby
""".split()


def vocabulary():
    """Tokens in order, and for each the group whose vector it shares."""
    tokens, groups = [], {}

    def add(token, group):
        if token not in groups:
            tokens.append(token)
            groups[token] = group

    for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]:
        add(token, "function")
    for token in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~":
        add(token, "function")
    for word in FUNCTION_WORDS:
        add(word, "function")
    for line in SYNONYMS:
        words = [word for word in line.split() if "_" not in word]
        for word in words:
            add(word, f"synonyms of {words[0]}")
    for word in CONTENT_WORDS:
        if "_" not in word:
            add(word, word)
    for suffix in ["s", "es", "ed", "ing", "er", "ly", "est", "ion"]:
        add(f"##{suffix}", "function")
    for character in "abcdefghijklmnopqrstuvwxyz0123456789":
        add(character, f"piece {character}")
        add(f"##{character}", f"inner piece {character}")
    return tokens, groups


def weights(tokens, groups):
    """Every tensor of a BertModel. Dimensions 0 and 1 carry what says little."""
    random = np.random.default_rng(20240229)
    dull = np.zeros(DIM)
    dull[:2] = [9.0, -9.0]
    shared = {}
    word = np.zeros((len(tokens), DIM))
    for row, token in enumerate(tokens):
        own = random.normal(0, 1, DIM)
        own[:2] *= 0.1
        group = groups[token]
        if group == "function":
            word[row] = dull + 0.33 * own
        else:
            base = shared.setdefault(group, own)
            word[row] = base + (0.25 * own if base is not own else 0)
            if "piece" in group:
                word[row] += 0.35 * dull
    tensors = {
        "embeddings.word_embeddings.weight": word,
        "embeddings.position_embeddings.weight": random.normal(0, 0.02, (POSITIONS, DIM)),
        "embeddings.token_type_embeddings.weight": random.normal(0, 0.02, (2, DIM)),
    }

    def linear(name, inputs, outputs, scale):
        tensors[f"{name}.weight"] = random.normal(0, scale, (outputs, inputs))
        tensors[f"{name}.bias"] = random.normal(0, 0.005, outputs)

    def layer_norm(name, last=False):
        gain = 1 + random.normal(0, 0.03, DIM)
        if last:
            gain[:2] = 0.05
        tensors[f"{name}.weight"] = gain
        tensors[f"{name}.bias"] = random.normal(0, 0.005, DIM)

    layer_norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            linear(f"{name}.attention.self.{part}", DIM, DIM, 0.1)
        linear(f"{name}.attention.output.dense", DIM, DIM, 0.02)
        layer_norm(f"{name}.attention.output.LayerNorm")
        linear(f"{name}.intermediate.dense", DIM, INNER, 0.08)
        linear(f"{name}.output.dense", INNER, DIM, 0.015)
        layer_norm(f"{name}.output.LayerNorm", last=layer == LAYERS - 1)
    return {name: np.ascontiguousarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}


def tokenizer(tokens):
    """WordPiece as BERT has it; truncation and padding are set on purpose: a reader must switch them off."""
    special = lambda token: {"id": token, "ids": [tokens.index(token)], "tokens": [token]}
    part = lambda kind, name, type_id: {kind: {"id": name, "type_id": type_id}}
    single = [part("SpecialToken", "[CLS]", 0), part("Sequence", "A", 0), part("SpecialToken", "[SEP]", 0)]
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [
            {"id": row, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for row, token in enumerate(tokens[:5])
        ],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": single + [part("Sequence", "B", 1), part("SpecialToken", "[SEP]", 1)],
            "special_tokens": {token: special(token) for token in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: row for row, token in enumerate(tokens)},
        },
    }


def main():
    folder = Path(__file__).parent.parent / "tests/fixtures/tiny-bert"
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    tokens, groups = vocabulary()
    save_file(weights(tokens, groups), folder / "model.safetensors")
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": DIM,
        "intermediate_size": INNER,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": POSITIONS,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "hidden_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "type_vocab_size": 2,
        "vocab_size": len(tokens),
    }
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    pooling = {"word_embedding_dimension": DIM, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}
    files = {
        "config.json": config,
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(modules)
        ],
        "1_Pooling/config.json": pooling,
        "sentence_bert_config.json": {"max_seq_length": WINDOW, "do_lower_case": False},
    }
    for path, value in files.items():
        (folder / path).write_text(json.dumps(value, indent=2) + "\n")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(tokens), separators=(",", ":")) + "\n")
    print(f"{len(tokens)} tokens -> {folder}")


if __name__ == "__main__":
    main()
