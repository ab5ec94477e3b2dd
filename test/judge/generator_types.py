"""Every type of doc/types.md that a server has: declaration, edges, values.

A value is a literal of SQL that both kinds of server take under sql_mode='';
what the server makes of it is its affair, for the comparator reads it there.
"""

import dataclasses
import struct
from typing import Callable

from . import generator_geometry as geometry
from . import generator_text as texts
from .generator_json import json_edges, random_json

BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INT": 32,
        "BIGINT": 64}


@dataclasses.dataclass
class Spec:
    """A column's type. draw(random) gives a literal; edges are such."""

    sql: str
    edges: list
    draw: Callable
    size: int = 8         # declared bytes, for the limit of 65,535
    fixed_size: int = 8   # bytes that always stay inside the row
    key_size: int = 0     # bytes in an index; 0: never a key
    default: str = ""     # a literal, "" where a default is not possible
    hashable: bool = False  # a generated column may be made of it
    name: str = ""
    nullable: bool = False
    generated: bool = False
    touched: bool = False  # set by every change of its row

    def value(self, random, can_be_null=True):
        if self.nullable and can_be_null and random.random() < 0.15:
            return "NULL"
        if random.random() < 0.1:
            return random.choice(self.edges)
        return self.draw(random)


def text_literal(text):
    return f"_utf8mb4 X'{text.encode().hex()}'"


def bytes_literal(value):
    return f"X'{value.hex()}'"


def integer(random, flavour):
    kind = random.choice(list(BITS))
    bits = BITS[kind]
    sign = random.choice(["", "", " UNSIGNED", " UNSIGNED ZEROFILL"])
    width = f"({random.choice([1, 4, bits // 3])})" if random.random() < .3 \
        else ""
    low, high = (0, 2 ** bits - 1) if sign else \
        (-2 ** (bits - 1), 2 ** (bits - 1) - 1)
    edges = {low, high, 0, 1, max(low, -1), 127, min(high, 128),
             max(low, -129), high - 1, min(high, 255), low + 1}
    kind = "BOOL" if not sign and bits == 8 and random.random() < .2 \
        else kind + width + sign

    def draw(random):
        value = random.getrandbits(random.randint(1, bits))
        return str(value + low if sign == "" and random.random() < .5
                   and value + low <= high else min(value, high))
    return Spec(kind, [str(e) for e in sorted(edges)], draw, 8, 8, 8,
                default="7", hashable=True)


def bit(random, flavour):
    bits = random.choice([1, 2, 7, 8, 9, 12, 16, 31, 33, 63, 64])
    return Spec(f"BIT({bits})", ["0", "1", str(2 ** bits - 1),
                                 str(2 ** (bits - 1))],
                lambda random: str(random.getrandbits(bits)), 8, 8, 8, "b'1'")


def decimal(random, flavour, max_digits=65):
    digits = random.choice([1, 2, 5, 9, 10, 18, 19, 27, 38, 39, 50, 65])
    digits = min(digits, max_digits)
    scale = random.choice([0, 0, 1, 2, 4, 9, 10, 30])
    scale = min(scale, digits, 30)
    sign = random.choice(["", "", "", " UNSIGNED", " ZEROFILL"])

    def literal(value):
        text = str(abs(value)).rjust(scale + 1, "0")
        cut = len(text) - scale
        return ("-" if value < 0 else "") + text[:cut] \
            + ("." + text[cut:] if scale else "")

    def draw(random):
        size = random.randint(1, digits)
        value = random.randrange(10 ** size)
        return literal(-value if not sign and random.random() < .4 else value)
    top = 10 ** digits - 1
    edges = [0, 1, top, top // 2, 10 ** (digits - 1)]
    if not sign:
        edges += [-1, -top, -(10 ** (digits - 1))]
    return Spec(f"DECIMAL({digits},{scale}){sign}",
                [literal(e) for e in edges] + ["'-0'"], draw, 30, 30, 30,
                default="0", hashable=True)


def _finite(random, form, bits):
    while True:
        code = "<I" if bits == 32 else "<Q"
        value = struct.unpack(form, struct.pack(code,
                                                random.getrandbits(bits)))[0]
        if value == value and abs(value) != float("inf"):
            return value


def floating(random, flavour):
    single = random.random() < .5
    kind = "FLOAT" if single else "DOUBLE"
    form = random.choice(["", "", "", "(9,4)", " UNSIGNED", " ZEROFILL"])
    top = 3.4028234663852886e38 if single else 1.7976931348623157e308
    small = 1.401298464324817e-45 if single else 5e-324
    edges = [0.0, 1.0, small, top, 0.1, 1 / 3, 16777217.0, 1e15,
             123456.789, 1.17549435e-38]
    signed = "-" not in form and form in ("", "(9,4)")
    edges += [-0.0, -small, -top, -0.1] if signed else []

    def draw(random):
        if form == "(9,4)" or random.random() < .3:
            value = random.uniform(-9e4, 9e4)
        else:
            value = _finite(random, "<f" if single else "<d",
                            32 if single else 64)
        return repr(value if signed else abs(value))
    return Spec(kind + form, [repr(e) for e in edges], draw, 8, 8, 0,
                default="0.5")


def double_key(random, flavour):
    """Only what an index of any server finds again by its literal."""
    return Spec("DOUBLE", ["0.0", "-0.0", "0.5", "-1e100", "1e-100"],
                lambda random: repr(random.randrange(-10**6, 10**6) / 64),
                8, 8, 8)


def _with_charset(random, flavour, kind):
    charset = random.choice(texts.charsets(flavour) + ["utf8mb4"] * 20
                            + ["latin1"] * 4)
    collation = random.choice(texts.collations(flavour, charset))
    return charset, f"{kind} CHARACTER SET {charset} COLLATE {collation}"


def _text_values(charset, limit):
    alphabet = texts.letters(charset)

    def draw(random):
        length = min(limit, random.choice([1, 2, 5, 9, 20, random.randint(
            0, 60), random.randint(0, 400) if random.random() < .1 else 7]))
        text = "".join(random.choice(alphabet) for _ in range(length))
        return text_literal(text[:limit])
    edges = [text_literal(text) for text in texts.spice(charset)
             if len(text) <= limit]
    return edges or ["''"], draw


def string(random, flavour):
    kind = random.choice(["CHAR", "VARCHAR", "VARCHAR"])
    limit = random.choice([1, 2, 10, 36, 40, 64, 255])
    if kind == "CHAR":
        limit = min(limit, 40)
    charset, sql = _with_charset(random, flavour, f"{kind}({limit})")
    edges, draw = _text_values(charset, limit)
    return Spec(sql, edges, draw, limit * 4 + 2,
                min(limit * 4, 160), limit * 4 if limit <= 64 else 0,
                default="'d'",
                hashable=charset == "utf8mb4" and kind == "VARCHAR")


def long_text(random, flavour):
    kind = random.choice(["TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"])
    charset, sql = _with_charset(random, flavour, kind)
    edges, draw = _text_values(charset, 60 if kind == "TINYTEXT" else 5000)
    if kind != "TINYTEXT":
        edges = edges + [text_literal("long line " * 1600)]
    if kind in ("MEDIUMTEXT", "LONGTEXT"):
        edges = edges + [text_literal("x" * 70000)]
    return Spec(sql, edges, draw, 12, 40)


def binary(random, flavour):
    kind, limit = random.choice([("BINARY", 1), ("BINARY", 16),
                                 ("BINARY", 20), ("VARBINARY", 8),
                                 ("VARBINARY", 40), ("VARBINARY", 255)])
    edges = [b"", b"\0", b"\0\0", b" ", b"\xff", b"a\0", b"a ", b"\t\n\\N'\"",
             b"\0" * limit, b"\xff" * limit, b"\xc3\x28"]

    def draw(random):
        return bytes_literal(random.randbytes(random.randint(0, limit)))
    return Spec(f"{kind}({limit})", [bytes_literal(e) for e in edges
                                     if len(e) <= limit],
                draw, limit + 2, min(limit, 40), limit, default="'d'",
                hashable=True)


def blob(random, flavour):
    kind = random.choice(["TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"])
    edges = [b"", b"\0", b" ", bytes(range(255)), b"\x1f\x8b\x08"]
    if kind != "TINYBLOB":
        edges += [b"\\\n\t\0" * 5000]
    if kind in ("MEDIUMBLOB", "LONGBLOB"):
        edges += [b"\xff" * 70000]
    return Spec(kind, [bytes_literal(e) for e in edges],
                lambda random: bytes_literal(random.randbytes(
                    random.randint(0, 90))), 12, 40)


def json(random, flavour):
    dialect = "mysql" if flavour.startswith("mysql") else "mariadb"
    return Spec("JSON", [text_literal(t) for t in json_edges(dialect)],
                lambda random: text_literal(random_json(random)), 12, 40)


def spatial(random, flavour):
    kind = random.choice(geometry.KINDS)
    srid = random.choice([0, 0, 4326])

    def literal(wkb):
        return f"ST_GeomFromWKB(X'{wkb.hex()}', {srid})"
    return Spec(kind, [literal(geometry.edge(kind))],
                lambda random: literal(geometry.draw(random, kind)), 12, 40)


def uuid(random, flavour):
    """MariaDB takes only what has a version and variant it knows."""
    def literal(value):
        return "'" + value.hex() + "'"

    def draw(random):
        value = bytearray(random.randbytes(16))
        value[6] = random.choice([1, 4, 6, 7]) << 4 | value[6] & 15
        value[8] = 0x80 | value[8] & 0x3f
        return literal(value)
    return Spec("UUID", [literal(b"\0" * 16), literal(b"\xff" * 16),
                         literal(bytes(6) + b"\x10\0\x80" + bytes(7)),
                         literal(b"\1" * 6 + b"\x70\1\x80" + bytes(7))],
                draw, 16, 16, 16)


def inet(random, flavour):
    edges = ["'::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", "'::1'",
             "'::ffff:1.2.3.4'", "'2001:db8::'", "'1::'"]

    def draw(random):
        parts = [random.choice([0, 0, random.getrandbits(16)])
                 for _ in range(8)]
        return "'" + ":".join(f"{part:x}" for part in parts) + "'"
    if random.random() < .5:
        return Spec("INET6", edges, draw, 16, 16, 16)

    def draw4(random):
        return "'" + ".".join(str(b) for b in random.randbytes(4)) + "'"
    return Spec("INET4", ["'0.0.0.0'", "'255.255.255.255'", "'10.0.0.0'",
                          "'0.0.0.1'"], draw4, 4, 4, 4)
