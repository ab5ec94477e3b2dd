"""One-line changes of src/ by seed, with no hand-made list.

Operators, constants, calls that are dropped. Their order rests on the text of
each change alone, so that a change elsewhere leaves the draw as it is.
"""

import hashlib
import pathlib
import re
import typing

SWAPS = [(r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "),
         (r" >= ", " > "), (r" == ", " != "), (r" != ", " == "),
         (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "),
         (r" - ", " + "), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
         (r"\+\+", "--"), (r" \+= ", " -= "), (r" \* ", " + "),
         (r"!(?=[a-z(])", "")]
NUMBER = re.compile(r"(?<![\w.%\"'])(\d+)(?![\w.\"'])")
CALL = re.compile(r"^\s+(\w+)\(.*\);\s*$")
# What these lines do is no behaviour that a test could be asked to see: what
# is freed, and words for people.
HARMLESS = re.compile(
    r"memory_free|_release\(|_free\(|log_line|error_next|error_effect|"
    r"progress_|pthread_(mutex|cond)_(destroy|init)|secret_|assert|"
    r"FAILPOINT|explicit_bzero|\(void\)")
# What a call fills has a value before only for the sake of order.
FILLED = re.compile(r"^\s+\w[\w ]*[ *](\w+) = "
                    r"(?:true|false|-?\d+|[A-Z][A-Z0-9_]*);$")
# One more byte in a buffer, or another step of its growth: the same program.
SIZES = re.compile(r"^\s+(static )?\w[\w ]*\**\w+\[\d+\];|_?capacity\b.*=|"
                   r"= memory_new\(1, ")


class Change(typing.NamedTuple):
    path: pathlib.Path  # below the root
    number: int  # of the line, from 0
    old: str
    new: str

    def __str__(self):
        return f"{self.path}:{self.number + 1}: {self.old.strip()}  =>  " \
            f"{self.new.strip() or '(nothing)'}"


def draw(root, seed, layer=None):
    """Every change that could be made, in the order of the seed."""
    made = []
    seen = {}
    for path in sorted((root / "src").rglob("*.c")):
        if layer and path.parent.name != layer:
            continue
        name = path.relative_to(root)
        for number, line in enumerate(code_lines(path)):
            for new in changes(line) if line is not None else ():
                text = f"{seed}\n{name}\n{line}\n{new}"
                seen[text] = seen.get(text, 0) + 1
                text += f"\n{seen[text]}"
                mark = hashlib.sha256(text.encode()).hexdigest()
                made.append((mark, Change(name, number, line, new)))
    return [change for _, change in sorted(made)]


def is_filled(lines, number):
    """Is the next that is done with the variable declared there to hand out
    its address?"""
    declared = FILLED.match(lines[number])
    if not declared:
        return False
    mention = re.compile(rf"(&?)(?<![.>\w]){declared.group(1)}\b")
    for line in lines[number + 1:]:
        found = mention.search(outside_texts(line))
        if found or line.startswith("}"):
            return bool(found and found.group(1))
    return False


def code_lines(path):
    """Lines inside functions; None for the rest."""
    is_comment = False
    is_body = False
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        text = line.strip()
        is_comment = is_comment or text.startswith("/*")
        skip = is_comment or not is_body or text.startswith(("#", "case ")) \
            or HARMLESS.search(line) or not line.startswith("    ") \
            or is_filled(lines, number)
        if is_comment and "*/" in text:
            is_comment = False
        if line.startswith("{"):
            is_body = True
        elif line.startswith("}"):
            is_body = False
        yield None if skip else line


def outside_texts(line):
    """The line with what stands in quotes made blank, same length."""
    return re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'',
                  lambda match: " " * len(match.group()), line)


def changes(line):
    plain = outside_texts(line)
    if SIZES.search(plain):
        return
    for pattern, new in SWAPS:
        for match in re.finditer(pattern, plain):
            yield line[:match.start()] + new + line[match.end():]
    for match in NUMBER.finditer(plain):
        yield line[:match.start()] + str(int(match.group(1)) + 1) \
            + line[match.end():]
    if CALL.match(line):
        yield ""
