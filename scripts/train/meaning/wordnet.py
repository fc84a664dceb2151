"""What WordNet 3.1 says of the commonest sense of a word: its synonyms, antonyms and siblings. From the files of its `dict` folder."""

from pathlib import Path

PARTS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}


class WordNet:
    def __init__(self, folder: Path):
        self.synsets: dict[tuple[str, int], tuple[list[str], list[tuple[str, str, int, int]]]] = {}
        self.senses: dict[str, list[tuple[str, int]]] = {}
        self.counts: dict[tuple[str, str], int] = {}
        for part, letter in PARTS.items():
            for line in (folder / f"data.{part}").open(encoding="utf-8"):
                if not line.startswith("  "):
                    self._synset(line, letter)
        for line in (folder / "index.sense").open(encoding="utf-8"):
            key, offset, number, count = line.split()
            word, rest = key.split("%")
            letter = "nvara"[int(rest[0]) - 1]
            self.counts[word, letter] = max(self.counts.get((word, letter), 0), int(count))
            if number == "1":
                self.senses.setdefault(word, []).append((letter, int(offset)))

    def _synset(self, line: str, letter: str) -> None:
        fields = line.split(" | ")[0].split()
        size = int(fields[3], 16)
        words = [fields[4 + 2 * i].split("(")[0] for i in range(size)]
        at = 4 + 2 * size
        pointers = []
        for i in range(int(fields[at])):
            symbol, offset, part, ends = fields[at + 1 + 4 * i : at + 5 + 4 * i]
            pointers.append((symbol, "a" if part == "s" else part, int(offset), int(ends, 16)))
        self.synsets[letter, int(fields[0])] = words, pointers

    def _main_sense(self, word: str):
        """The part of speech and synset in which the word is mostly used; None when it is rare or used in several."""
        senses = [(self.counts.get((word, letter), 0), letter, offset) for letter, offset in self.senses.get(word, [])]
        senses.sort(reverse=True)
        if not senses or senses[0][0] < 2 or len(senses) > 1 and senses[1][0] * 3 > senses[0][0]:
            return None
        return senses[0][1], senses[0][2]

    def _plain(self, words: list[str], besides: str) -> list[str]:
        return [w.replace("_", " ") for w in words if w.lower() != besides and w.islower() and w.count("_") < 2]

    def synonyms(self, word: str) -> list[str]:
        sense = self._main_sense(word)
        if sense is None or sense[0] == "r":
            return []
        words = self.synsets[sense][0]
        return [w for w in self._plain(words, word) if self.counts.get((w.replace(" ", "_"), sense[0]), 0) >= 3]

    def antonyms(self, word: str) -> list[str]:
        sense = self._main_sense(word)
        if sense is None:
            return []
        words, pointers = self.synsets[sense]
        found = []
        for symbol, part, offset, ends in pointers:
            if symbol == "!" and words[(ends >> 8) - 1].lower() == word:
                found.append(self.synsets[part, offset][0][(ends & 255) - 1].replace("_", " "))
        return found

    def siblings(self, word: str) -> list[str]:
        """Other kinds of the same thing: tea for coffee."""
        sense = self._main_sense(word)
        if sense is None or sense[0] not in "nv":
            return []
        own = set(self.synsets[sense][0])
        found = []
        for symbol, part, offset, _ in self.synsets[sense][1]:
            if symbol != "@" or (part, offset) not in self.synsets:
                continue
            for down, below_part, below, _ in self.synsets[part, offset][1]:
                if down == "~" and (below_part, below) != sense:
                    words = self.synsets[below_part, below][0]
                    found += [w for w in self._plain(words[:1], word) if w not in own and self.counts.get((w.replace(" ", "_"), sense[0]), 0) >= 2]
        return found
