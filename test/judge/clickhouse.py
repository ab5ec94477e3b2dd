"""ClickHouse's side: the same lines as judge.source makes, over HTTP."""

import base64
import http.client
import re
from urllib.parse import unquote, urlencode, urlsplit

from .source import JudgeError, NULL

SETTINGS = {"output_format_decimal_trailing_zeros": 1,
            "session_timezone": "UTC", "output_format_tsv_crlf_end_of_line": 0}


def quote(name):
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def text(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class ClickHouse:
    """Only reads; every request stands for itself."""

    def __init__(self, host, port, user="default", password=""):
        self.host = host
        self.port = port
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}"}

    @classmethod
    def of_url(cls, url, password=""):
        parts = urlsplit(url)
        return cls(parts.hostname, parts.port or 8123,
                   unquote(parts.username or "default"),
                   unquote(parts.password or "") or password)

    @classmethod
    def of(cls, thing):
        """Of itself, a URL, or anything that has a port of this host."""
        if isinstance(thing, cls):
            return thing
        if isinstance(thing, str):
            return cls.of_url(thing)
        return cls("127.0.0.1", thing.port)

    def lines(self, sql):
        """Each row of the answer as TSV. A cut answer is an error."""
        link = http.client.HTTPConnection(self.host, self.port, timeout=600)
        try:
            link.request("POST", "/?" + urlencode(SETTINGS),
                         f"{sql} FORMAT TSV".encode(), self.headers)
            answer = link.getresponse()
            if answer.status != 200:
                raise JudgeError(answer.read().decode(errors="replace"))
            yield from _whole_lines(answer)
        except http.client.HTTPException as error:
            raise JudgeError(f"ClickHouse cut its answer: {error}") from error
        finally:
            link.close()

    def rows(self, sql):
        return [[unescape(cell) for cell in line.split("\t")]
                for line in self.lines(sql)]


def _whole_lines(answer):
    rest = b""
    while True:
        piece = answer.read(1 << 20)
        if not piece:
            break
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if b"DB::Exception" in line:
                raise JudgeError(line.decode(errors="replace"))
            yield line.decode()
    if rest:
        raise JudgeError(f"the answer ends in {rest[:200]!r}")


def unescape(cell):
    """TSV's escapes undone; None for NULL."""
    if cell == NULL:
        return None
    signs = {"b": "\b", "f": "\f", "r": "\r", "n": "\n", "t": "\t",
             "0": "\0"}
    return re.sub(r"\\(.)", lambda m: signs.get(m[1], m[1]), cell,
                  flags=re.DOTALL)


def columns(server, database, table):
    """{name: (type, comment, is in the sort key)} in the table's order."""
    rows = server.rows(
        "SELECT name, type, comment, is_in_sorting_key FROM system.columns "
        f"WHERE database = {text(database)} AND table = {text(table)} "
        "ORDER BY position")
    return {row[0]: (row[1], row[2], row[3] == "1") for row in rows}


def bare_type(type_text):
    """Nullable and LowCardinality taken off."""
    while True:
        match = re.fullmatch(r"(?:Nullable|LowCardinality)\((.*)\)",
                             type_text)
        if not match:
            return type_text
        type_text = match[1]


def expression(name, type_text, is_time=False, folds_zero=False):
    """SQL of one cell. is_time: an Int64 holds a TIME in microseconds."""
    name = quote(name)
    bare = bare_type(type_text)
    if bare in ("Float32", "Float64"):
        bits = f"reinterpretAsUInt{bare[5:]}({name})"
        return f"if({name} = 0, 0, {bits})" if folds_zero else bits
    if bare == "String" or bare.startswith("FixedString"):
        return f"hex({name})"
    if bare == "Int64" and is_time:
        return _time_of(name)
    return name


def _time_of(name):
    us = f"abs({name})"

    def part(divisor, modulus, digits):
        number = f"intDiv({us}, {divisor})"
        if modulus:
            number = f"{number} % {modulus}"
        value = f"toString({number})"
        return f"leftPad({value}, greatest({digits}, length({value})), '0')"
    return (f"concat(if({name} < 0, '-', ''), {part(3600000000, 0, 2)}, ':',"
            f" {part(60000000, 60, 2)}, ':', {part(1000000, 60, 2)}, '.',"
            f" {part(1, 1000000, 6)})")


def full_name(database, table):
    return f"{quote(database)}.{quote(table)}"

