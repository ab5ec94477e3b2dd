"""JSON documents that are easy to change by accident."""

import json

_COMMON = [
    "null", "true", "0", "-0", '""', "[]", "{}", '"\\u0000"',
    '"\\ud83c\\udf0a"',
    "1.0", "1.50", "1e2", "-1.5e-7", "1e308", "5e-324", "0.1",
    "9223372036854775807", "9223372036854775808", "18446744073709551615",
    "-9223372036854775808", "123456789012345678901234567890",
    '{"a": 1, "a": 2}', '{"b": 1, "a": 2, "": 3}', '[1,2 , 3]',
    '{"long key ' + "k" * 300 + '": [null, true, false]}',
    "[" * 40 + "]" * 40, '{"a":' * 30 + "1" + "}" * 30,
    '"\\" \\\\ \\/ \\b \\f \\n \\r \\t"', '"\u65e5\u672c \U0001f30a"',
    '[32767, 32768, 65535, 65536, -32769, 2147483648]',
    '{"x": [1, [2, [3, {"y": "z"}]]], "n": null}',
    json.dumps({f"k{i}": i * 1000 for i in range(300)}),
    json.dumps(["value " * 20] * 800)]
# MariaDB keeps the text as it is written.
_AS_TEXT = [' { "a" : 1 } ', "\t[\n1\r]", '"\\u00e9"', "1E5", "[1.10]"]


def json_edges(dialect):
    return _COMMON + (_AS_TEXT if dialect == "mariadb" else [])


def _value(random, depth):
    kind = random.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return random.choice([None, True, False])
    if kind == 1:
        return random.getrandbits(random.randint(1, 64))
    if kind == 2:
        return -random.getrandbits(random.randint(1, 63))
    if kind == 3:
        return random.choice([0.5, -2.25, 1e-9, 123.456, 1e20])
    if kind < 6:
        return random.choice(["", "a", "text", "\u00e4\u00f6", "\U0001f30a",
                              "x" * random.randint(0, 200), "'", '"', "\\"])
    if kind < 8:
        return {random.choice("abcdefgh") * random.randint(0, 5):
                _value(random, depth + 1) for _ in range(random.randint(0, 5))}
    return [_value(random, depth + 1) for _ in range(random.randint(0, 5))]


def random_json(random):
    return json.dumps(_value(random, 0), ensure_ascii=random.random() < .5)
