"""Edits of a question by rule: near misses, which need another answer, and rewrites, which need none.

Every edit takes the text and a random generator and returns the edited text, or None where it does not apply.
"""

import random
import re

from lists import *  # noqa: F403
from wordnet import WordNet

WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
STOP = set("""a an the of in on at to for from by with about as is are was were be been being am do does did have has had will would can could
    shall should may might must and or but if then than that this these those it its i you he she we they me my your his her our their them us who
    what which when where why how there here not no so too very just also any some all each every more most less least much many few one ones out up
    down over under into onto off again please tell know get got go going make made give want need like best way use using called mean means""".split())


def matches_case(model: str, word: str) -> str:
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def swap_word(text: str, rng: random.Random, table: dict[str, list[str]]) -> str | None:
    """Replaces one word (or phrase) that the table knows."""
    lower = text.lower()
    found = []
    for word in table:
        at = lower.find(word.lower())
        while at >= 0:
            end = at + len(word)
            if (at == 0 or not lower[at - 1].isalnum()) and (end == len(lower) or not lower[end].isalnum()):
                found.append((at, end, word))
            at = lower.find(word.lower(), end)
    longest = [f for f in found if not any(o != f and o[0] <= f[0] and f[1] <= o[1] for o in found)]
    if not longest:
        return None
    at, end, word = rng.choice(longest)
    new = rng.choice(table[word])
    if text[at:end] == text[at:end].lower() and at > 0 and new.lower() != new:
        new = new.lower() if word != word.lower() else new
    elif at == 0:
        new = matches_case(text[at:end], new)
    return text[:at] + new + text[end:]


def table_of(items: list[str]) -> dict[str, list[str]]:
    return {item: [other for other in items if other.lower() != item.lower()] for item in items}


def table_of_groups(groups: list[list[str]]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for group in groups:
        for word in group:
            table.setdefault(word, []).extend(other for other in group if other != word)
    return table


TABLES = {name: table_of(items) for name, items in VALUES.items()}
ANTONYM = table_of_groups(ANTONYMS)
SYNONYM = table_of_groups(SYNONYMS)
SPELLING = table_of_groups(SPELLINGS)
SCOPE = table_of_groups(SCOPES)
CONTRACTION = table_of_groups(CONTRACTIONS)


class Edits:
    def __init__(self, wordnet: WordNet, pool: list[str]):
        self.wordnet = wordnet
        self.pool = pool
        self.names = [m.group(1) for text in pool for m in re.finditer(r"(?<=[a-z,] )([A-Z][a-z]+(?: [A-Z][a-z]+){0,2})", text)]
        self.words = [w for text in pool for w in WORD.findall(text)[1:] if len(w) > 3 and w.islower() and w not in STOP]

    # Near misses.

    def number(self, text, rng):
        found = list(re.finditer(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])", text))
        if not found:
            return None
        match = rng.choice(found)
        old = match.group()
        digits = old.replace(",", "")
        if "." in digits or len(digits) > 9:
            new = digits[:-1] + str((int(digits[-1]) + rng.randint(1, 9)) % 10)
        else:
            value = int(digits)
            new = str(rng.choice([value + 1, max(0, value - 1), value + rng.randint(2, 30), value * 2 + 1, value * 10, rng.randint(0, 100), int(digits[::-1] or 0)]))
        if new == digits:
            return None
        return text[: match.start()] + new + text[match.end() :]

    def identifier(self, text, rng):
        found = [m for m in re.finditer(r"[A-Za-z]*[-_.#]?\d[\w.-]*|[a-z]+_[a-z_]+|[a-z]+[A-Z]\w+|--?[a-z][\w-]+", text) if len(m.group()) > 2]
        if not found:
            return None
        match = rng.choice(found)
        old = match.group()
        at = rng.randrange(len(old))
        if not old[at].isalnum():
            return None
        new = str((int(old[at]) + rng.randint(1, 9)) % 10) if old[at].isdigit() else rng.choice("abcdefghkmnprstvwxyz")
        if new == old[at].lower():
            return None
        return text[: match.start()] + old[:at] + new + old[at + 1 :] + text[match.end() :]

    def add_identifier(self, text, rng):
        """Two versions with another id, ticket, version, code."""
        form = rng.choice(["{} (order {})", "{} My ticket is {}.", "{} for invoice {}", "{} with error code {}", "Ref {1}: {0}", "{} in version {}", "{} Case {}", "{} for SKU {}", "{} (user {})", "{} on host {}", "{} port {}", "{} room {}", "{} at {} o'clock", "{} on page {}", "{} chapter {}"])
        kind = rng.random()
        if kind < 0.5:
            one = str(rng.randint(2, 10 ** rng.randint(1, 6)))
        elif kind < 0.7:
            one = f"{rng.choice('ABCDEFGHKX')}{rng.choice('ABCDEFGHKX')}-{rng.randint(100, 99999)}"
        elif kind < 0.85:
            one = f"{rng.randint(0, 20)}.{rng.randint(0, 20)}"
        else:
            one = "".join(rng.choice("0123456789abcdef") for _ in range(rng.choice([6, 8])))
        two = self.number(one, rng) if one.isdigit() else None
        two = two or self.identifier(one + " ", rng)
        if not two or two.strip() == one:
            return None
        return form.format(text.rstrip("?."), one), form.format(text.rstrip("?."), two.strip())

    def year(self, text, rng):
        found = list(re.finditer(r"\b(1[5-9]\d\d|20[0-3]\d)\b", text))
        if not found:
            return None
        match = rng.choice(found)
        new = str(int(match.group()) + rng.choice([-10, -5, -3, -2, -1, 1, 2, 3, 4, 6, 10]))
        return text[: match.start()] + new + text[match.end() :]

    def date(self, text, rng):
        kinds = [k for k in DATE_KINDS]
        rng.shuffle(kinds)
        return next((new for k in kinds if (new := swap_word(text, rng, TABLES[k]))), None)

    def unit(self, text, rng):
        kinds = [k for k in UNIT_KINDS]
        rng.shuffle(kinds)
        for kind in kinds:
            table = {w: [o for o in others if o[:2].lower() != w[:2].lower()] for w, others in TABLES[kind].items() if len(w) > 2}
            if new := swap_word(text, rng, {w: o for w, o in table.items() if o}):
                return new
        return None

    def entity(self, text, rng):
        kinds = [k for k in ENTITY_KINDS]
        rng.shuffle(kinds)
        return next((new for k in kinds if (new := swap_word(text, rng, TABLES[k]))), None)

    def name(self, text, rng):
        """A capitalised name for another one from the pool."""
        found = list(re.finditer(r"(?<=[a-z,] )([A-Z][a-z]+(?: [A-Z][a-z]+){0,2})", text))
        if not found:
            return None
        match = rng.choice(found)
        new = rng.choice(self.names)
        parts = match.group().split()
        if len(parts) > 1 and rng.random() < 0.4:
            at = rng.randrange(len(parts))
            new = " ".join(parts[:at] + [new.split()[0]] + parts[at + 1 :])
        if new.lower() == match.group().lower():
            return None
        return text[: match.start()] + new + text[match.end() :]

    def negation(self, text, rng):
        removed = [
            (r"\b(do|does|did|is|are|was|were|has|have|could|would|should)n't\b", r"\1"), (r"\bcan't\b|\bcannot\b", "can"), (r"\bwon't\b", "will"),
            (r"\b(do|does|did|is|are|was|were|can|could|will|would|should|to|has|have) not\b", r"\1"), (r"\bnever\b", rng.choice(["always", "often", ""])), (r"\bwithout\b", "with"), (r"\bnot (\w+)", r"\1"), (r"\bno (\w+)", r"\1"),
        ]
        rng.shuffle(removed)
        for pattern, new in removed:
            if re.search(pattern, text, re.I):
                return re.sub(r" +", " ", re.sub(pattern, new, text, count=1, flags=re.I))
        added = [
            (r"\b(do|does|did|is|are|was|were|could|would|should|has|have)\b(?! not)(.*)", rng.choice([r"\1n't\2", r"\1 not\2"])), (r"\bcan\b(?! you tell)", rng.choice(["can't", "cannot", "can not"])), (r"\bwill\b", rng.choice(["won't", "will not"])), (r"\bto ([a-z]+)", r"not to \1"),
            (r"\b(can|should|do|could|would|will|to) (I|you|we|they|one|people|he|she|it)\b", rng.choice([r"\1 \2 not", r"\1 \2 never"])), (r"\bwith\b", "without"), (r"\b(I|you|we|they|people) (?=[a-z])", rng.choice([r"\1 don't ", r"\1 never "])), (r"\bhow to\b", rng.choice(["how not to", "how to avoid having to", "how to stop trying to"])), (r"\b(how|why|when|where) (\w+) (\w+) ", r"\1 \2 \3 not "),
        ]
        rng.shuffle(added)
        for pattern, new in added:
            if re.search(pattern, text, re.I):
                return re.sub(pattern, new, text, count=1, flags=re.I)
        return None

    def antonym(self, text, rng):
        if rng.random() < 0.75 and (new := swap_word(text, rng, ANTONYM)):
            return new
        return self._by_wordnet(text, rng, self.wordnet.antonyms)

    def sibling(self, text, rng):
        return self._by_wordnet(text, rng, self.wordnet.siblings)

    def _by_wordnet(self, text, rng, look):
        words = [m for m in WORD.finditer(text) if m.group().lower() not in STOP and len(m.group()) > 2]
        rng.shuffle(words)
        for match in words:
            if found := look(match.group().lower()):
                return text[: match.start()] + matches_case(match.group(), rng.choice(found)) + text[match.end() :]
        return None

    def other_word(self, text, rng):
        words = [m for m in WORD.finditer(text) if m.group().islower() and m.group() not in STOP and len(m.group()) > 3]
        if len(words) < 2:
            return None
        match = rng.choice(words)
        ending = match.group()[-2:]
        for _ in range(30):
            new = rng.choice(self.words)
            if new != match.group() and new[:4] != match.group()[:4] and (new[-2:] == ending or rng.random() < 0.05):
                return text[: match.start()] + new + text[match.end() :]
        return None

    def dropped_word(self, text, rng):
        """Without one modifier: of two content words in a row, the first."""
        words = list(WORD.finditer(text))
        pairs = [a for a, b in zip(words, words[1:]) if all(w.group().lower() not in STOP and len(w.group()) > 3 for w in (a, b)) and text[a.end() : b.start()] == " "]
        if not pairs or len(words) < 5:
            return None
        match = rng.choice(pairs)
        return text[: match.start()] + text[match.end() + 1 :]

    def wh(self, text, rng):
        match = re.match(r"(\W*)(who|when|where|why|how)\b(?! (?:many|much|to|long|old|far))", text, re.I)
        if match:
            new = rng.choice([w for w in QUESTION_WORDS if w != match.group(2).lower()])
            return match.group(1) + matches_case(match.group(2), new) + text[match.end() :]
        swaps = table_of_groups([["how many", "which", "who are the"], ["how much", "how long", "how often", "how many"], ["how to", "why to", "when to", "what is it to"], ["what is", "who is", "where is", "why is", "when is"], ["what are", "where are", "why are", "how many are"]])
        return swap_word(text, rng, swaps)

    def scope(self, text, rng):
        if rng.random() < 0.6 and (new := swap_word(text, rng, SCOPE)):
            return new
        words = list(WORD.finditer(text))
        if len(words) < 5:
            return None
        at = rng.choice([m.start() for m in words[2:]])
        return text[:at] + rng.choice(["only ", "first ", "last ", "every ", "main ", "second ", "original ", "other ", "remaining ", "former ", "next "]) + text[at:]

    def constraint(self, text, rng):
        end = re.search(r"[?.!\s]*$", text).start()
        if rng.random() < 0.8:
            return text[:end] + " " + rng.choice(CONSTRAINTS) + text[end:]
        new = rng.choice(CONSTRAINTS)
        return new[:1].upper() + new[1:] + ", " + text[:1].lower() + text[1:]

    def other_constraint(self, text, rng):
        end = re.search(r"[?.!\s]*$", text).start()
        one, two = rng.sample(CONSTRAINTS, 2)
        return text[:end] + " " + one + text[end:], text[:end] + " " + two + text[end:]

    def dropped_tail(self, text, rng):
        match = re.search(r" (?:in|on|for|with|without|from|during|under|after|before|by|at|since|until|between|using|of|to) (?:\S+ ?){1,4}?(?=[?.!]*$)", text)
        if not match or match.start() < 15:
            return None
        return text[: match.start()] + text[match.end() :]

    def output_format(self, text, rng):
        one, two = rng.sample(FORMATS, 2)
        put = lambda form: (text.rstrip() + (" " if text.rstrip()[-1:] in "?.!" or form[0].islower() else ". ") + form) if rng.random() < 0.8 else f"{form[0].upper()}{form[1:].rstrip('.')}: {text}"
        return (text, put(one)) if rng.random() < 0.6 else (put(one), put(two))

    DIRECTED = r"(?P<a>\b[\w'$]+(?: [A-Z]\w+)*) (?P<link>to|into|from|than|over|by|with|before|after|against|for|as|minus|without|under|on|in|beats?|beat|defeated|owns?|sends?|calls?|pays?|helps?|loves?|likes?|cause[sd]?|affects?|influence[sd]?|killed|married|invaded|bought|teach(?:es)?|replace[sd]?|includes?|follows?|contains?) (?:(?:a|an|the|my) )?(?P<b>[\w'$]+(?: [A-Z]\w+)*)"

    def order(self, text, rng):
        """Two arguments change places around a word with a direction."""
        found = [m for m in re.finditer(self.DIRECTED, text) if m["a"].lower() not in STOP and m["b"].lower() not in STOP and m["a"].lower() != m["b"].lower()]
        if not found:
            return self._from_to(text)
        match = rng.choice(found)
        swapped = text[: match.start("a")] + match["b"] + text[match.end("a") : match.start("b")] + match["a"] + text[match.end("b") :]
        return swapped

    def _from_to(self, text):
        match = re.search(r"\bfrom ((?:[\w-]+ ?){1,3}?) to ((?:[\w-]+ ?){1,2}?)(?=[ ?.,!]*$| (?:in|on|for|with|by|at)\b)", text)
        return f"{text[:match.start(1)]}{match.group(2)} to {match.group(1)}{text[match.end(2):]}" if match else None

    def tense(self, text, rng):
        table = table_of_groups([["is", "was", "will be"], ["are", "were", "will be"], ["do", "did"], ["does", "did", "will"], ["can", "must", "should"], ["may", "must"], ["has", "had"], ["have", "had"]])
        return swap_word(text, rng, table)

    def prefixed(self, text, rng):
        """A long part in common, another question."""
        prefix = rng.choice(PREFIXES)
        return f"{prefix}\n\n{text}", f"{prefix}\n\n{rng.choice(self.pool)}"

    # Rewrites.

    def case(self, text, rng):
        change = rng.choice([str.lower, str.lower, str.lower, str.upper, str.title, lambda t: t[:1].lower() + t[1:], lambda t: t[:1].upper() + t[1:]])
        return change(text)

    def typo(self, text, rng):
        for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
            words = [m for m in WORD.finditer(text) if len(m.group()) > 3]
            if not words:
                return None
            match = rng.choice(words)
            word = match.group()
            at = rng.randrange(1, len(word) - 1)
            how = rng.random()
            if how < 0.3:
                new = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            elif how < 0.55:
                new = word[:at] + word[at + 1 :]
            elif how < 0.8:
                new = word[:at] + word[at] + word[at:]
            else:
                near = {"a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "k": "l", "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b", "w": "e", "x": "c", "y": "u", "z": "x"}
                new = word[:at] + near.get(word[at].lower(), word[at]) + word[at + 1 :]
            text = text[: match.start()] + new + text[match.end() :]
        return text

    def punctuation(self, text, rng):
        bare = text.rstrip(" ?.!")
        return rng.choice([bare, bare + "??", bare + " ?", bare + "...", bare + ".", bare + "!", bare + "?!", re.sub(r" ", "  ", text, count=2), text.replace(",", ""), text.replace("'", "’"), " " + text + " ", bare + "?\n", text.replace("-", " "), bare + " :"])

    def polite(self, text, rng):
        joined = lambda before: f"{before}{'' if before[-1] in ':-!' else rng.choice([',', '', '', '!', '.'])} {text if rng.random() < 0.5 else text[:1].lower() + text[1:]}"
        start = rng.choice(BEFORE)
        if rng.random() < 0.5:
            start = start[:1].upper() + start[1:]
        if rng.random() < 0.55:
            return joined(start)
        end = rng.choice(AFTER)
        text = f"{text}{rng.choice([' ', ' ', ', ', '. ' if text[-1:] not in '?.!' else ' '])}{end if rng.random() < 0.5 else end[:1].upper() + end[1:]}"
        return joined(start) if rng.random() < 0.2 else text

    def wrapper(self, text, rng):
        return rng.choice(WRAPPERS).format(text)

    def filler(self, text, rng):
        words = text.split(" ")
        for _ in range(rng.choice([1, 1, 2])):
            at = rng.randrange(1, len(words)) if len(words) > 2 else 0
            words.insert(at, rng.choice(FILLERS) + rng.choice(["", "", ","]))
        return " ".join(words)

    def contraction(self, text, rng):
        return swap_word(text, rng, CONTRACTION)

    def frame(self, text, rng):
        lower = text.lower()
        for group in rng.sample(FRAMES, len(FRAMES)):
            starts = [f for f in group if lower.startswith(f.lower() + " ")]
            if starts:
                start = max(starts, key=len)
                new = rng.choice([f for f in group if f != start])
                return matches_case(text, new) + text[len(start) :]
        return None

    def synonym(self, text, rng):
        new = swap_word(text, rng, SYNONYM) if rng.random() < 0.8 else self._by_wordnet(text, rng, self.wordnet.synonyms)
        return new if new and rng.random() < 0.7 else swap_word(new or text, rng, SYNONYM) or new

    def spelling(self, text, rng):
        return swap_word(text, rng, SPELLING)

    def number_word(self, text, rng):
        words = "zero one two three four five six seven eight nine ten eleven twelve".split()
        groups = [[str(n), word] for n, word in enumerate(words) if n > 1] + [["20", "twenty"], ["30", "thirty"], ["50", "fifty"], ["100", "a hundred", "one hundred"], ["1000", "1,000", "one thousand"], ["1st", "first"], ["2nd", "second"], ["3rd", "third"], ["km", "kilometers"], ["kg", "kilograms"], ["%", "percent"]]
        return swap_word(text, rng, table_of_groups(groups))

    def symmetric(self, text, rng):
        match = re.search(r"\b(between |both |either )?((?!and\b)[\w'.+#-]+(?: [A-Z][\w.]+)?) (and|or|vs\.?|versus) ([\w'.+#-]+(?: [A-Z][\w.]+)?)(?=[ ?.,!]*$|[?.,!]| (?:in|for|on|is|are)\b)", text)
        if not match or match.group(2).lower() in STOP or match.group(4).lower() in STOP:
            return None
        return text[: match.start(2)] + match.group(4) + text[match.end(2) : match.start(4)] + match.group(2) + text[match.end(4) :]

    def fronted(self, text, rng):
        match = re.search(r" ((?:in|on|during|after|before|for|at|since) (?:\S+ ?){1,3}?)([?.!]*)$", text)
        if not match or len(text) < 25:
            return None
        front = match.group(1)
        return f"{front[:1].upper()}{front[1:]}, {text[:1].lower()}{text[1:match.start()]}{match.group(2)}"

    def articles(self, text, rng):
        new = re.sub(r"\b(the|a|an) ", "", text, count=rng.choice([1, 2, 3]), flags=re.I)
        return new if new != text else None

    def telegram(self, text, rng):
        words = [w for w in re.findall(r"\S+", text.rstrip("?.! ")) if w.lower() not in {"a", "an", "the", "is", "are", "do", "does", "i", "can", "please", "of", "my", "you", "to", "there", "be", "it"}]
        return " ".join(words) if len(words) >= 4 else None

    def prefixed_same(self, text, rng):
        prefix = rng.choice(PREFIXES)
        new = self.rewrite(text, rng)
        return (f"{prefix}\n\n{text}", f"{prefix}\n\n{new[1]}") if new else None

    def repeated_start(self, text, rng):
        """A false start, corrected."""
        words = text.split(" ")
        if len(words) < 6:
            return None
        at = rng.randrange(2, len(words) - 2)
        wrong = rng.choice(self.names) if rng.random() < 0.5 else " ".join(rng.choice(self.pool).rstrip("?.").split(" ")[-rng.randint(1, 3) :])
        fix = rng.choice(["no", "no wait", "sorry", "I mean", "er no", "wait", "or rather", "no make that", "oh no", "scratch that", "actually no"])
        return " ".join(words[:at] + [wrong, fix] + words[at:])

    NEAR = {
        "number": 10, "identifier": 4, "add_identifier": 5, "year": 6, "date": 5, "unit": 5, "entity": 12, "name": 10, "negation": 12, "antonym": 12, "sibling": 8, "other_word": 8,
        "dropped_word": 3, "wh": 6, "scope": 7, "constraint": 7, "other_constraint": 3, "dropped_tail": 4, "output_format": 7, "order": 8, "tense": 3, "prefixed": 3,
    }
    SAME = {
        "case": 7, "typo": 12, "punctuation": 5, "polite": 12, "wrapper": 7, "filler": 6, "contraction": 7, "frame": 12, "synonym": 12, "spelling": 3, "number_word": 4, "symmetric": 6, "fronted": 4, "articles": 3,
        "telegram": 3, "prefixed_same": 2, "repeated_start": 3,
    }

    def _apply(self, table, text, rng):
        for _ in range(6):
            kind = rng.choices(list(table), list(table.values()))[0]
            new = getattr(self, kind)(text, rng)
            pair = new if isinstance(new, tuple) else (text, new)
            if new and pair[0].strip() != pair[1].strip():
                return kind, pair
        return None

    def near_miss(self, text, rng, without=()):
        """(kind, (a, b)): two questions that need two answers; now and then one of them is rewritten as well."""
        table = {kind: weight for kind, weight in self.NEAR.items() if kind not in without}
        found = self._apply(table, text, rng)
        if found is None:
            return None
        kind, (a, b) = found
        if rng.random() < 0.35 and (new := self.rewrite(b, rng)) and kind != "prefixed":
            b = new[1]
        return kind, ((a, b) if rng.random() < 0.5 else (b, a))

    def rewrite(self, text, rng):
        """(kind, text): the same question, otherwise put."""
        table = {kind: weight for kind, weight in self.SAME.items() if kind != "prefixed_same"}
        found = self._apply(table, text, rng)
        return found and (found[0], found[1][1])

    def same(self, text, rng):
        """(kind, (a, b)): one question put in two ways."""
        found = self._apply(self.SAME, text, rng)
        if found is None:
            return None
        kind, (a, b) = found
        if rng.random() < 0.35 and kind != "prefixed_same" and (new := self.rewrite(b, rng)):
            b = new[1]
        return kind, ((a, b) if rng.random() < 0.5 else (b, a))
