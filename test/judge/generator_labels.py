"""ENUM and SET with labels that are easy to take for something else."""

from .generator_types import Spec

WORDS = ["a", "B", "two words", "it's", "\u00fc", "\u65e5\u672c", "\\", '"',
         "NULL", "0", "1", "x" * 60, "(", "`", "%s"]


def _labels(random, count, more):
    words = WORDS + more
    random.shuffle(words)
    return words[:count] + [f"label {i}" for i in range(count - len(words))]


def _quoted(labels):
    return ",".join("'" + label.replace("\\", "\\\\").replace("'", "''") + "'"
                    for label in labels)


def _charset(random):
    return " CHARACTER SET " + random.choice(
        ["utf8mb4"] * 6 + ["utf8mb3", "latin1", "utf16", "cp932", "gbk"])


def enum(random, flavour, more=("", "a,b")):
    count = random.choice([1, 2, 5, 17, 300])
    labels = _labels(random, count, list(more))
    return Spec(f"ENUM({_quoted(labels)}){_charset(random)}",
                ["0", "1", str(count), "'no such label'"],
                lambda random: str(random.randint(1, count)), 2, 2, 2,
                default=_quoted(labels[:1]))


def enum_key(random, flavour):
    """Without the label '': it would stand for index 0 as well."""
    return enum(random, flavour, ["a,b"])


def sets(random, flavour):
    count = random.choice([1, 3, 8, 9, 33, 64])
    return Spec(f"SET({_quoted(_labels(random, count, []))})"
                + _charset(random),
                ["0", "1", str(2 ** count - 1), str(2 ** (count - 1))],
                lambda random: str(random.getrandbits(count)), 8, 8, 8,
                default="''")
