"""The hand-kept mutants: one that breaks just one promise, and the test that
must see it. The file says how an entry looks."""

import pathlib
import typing


class Promise(typing.NamedTuple):
    words: str
    test: str  # a file of tests, or one test of it
    source: pathlib.Path
    old: str
    new: str

    def __str__(self):
        return f"{self.words} ({self.source})"

    def applied(self, text):
        """The text of the source with the promise broken."""
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self}: the old text is there {count} times")
        return text.replace(self.old, self.new)


def _entry(lines):
    words = {}
    sides = {"-": "", "+": ""}
    for line in lines:
        if line[0] in sides:
            sides[line[0]] += line[1:] + "\n"
        else:
            name, _, value = line.partition(": ")
            words[name] = value
    test = words["test"]
    if "only" in words:
        test += "::" + words["only"]
    return Promise(words["promise"], test, pathlib.Path(words["source"]),
                   sides["-"], sides["+"])


def read(path, root):
    """All entries; an old text that is not there once is an error."""
    text = path.read_text(encoding="utf-8")
    blocks = [[line for line in block.splitlines() if line[0] != "#"]
              for block in text.strip().split("\n\n")]
    promises = [_entry(block) for block in blocks if block]
    for promise in promises:
        promise.applied((root / promise.source).read_text(encoding="utf-8"))
        if not (root / promise.test.split("::")[0]).is_file():
            raise ValueError(f"{promise}: there is no {promise.test}")
    return promises
