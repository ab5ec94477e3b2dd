"""What a server's own dump tool says of a file of its log, and whether our
decoder, by binlog_file.c, says the same.

The tool prints head lines, then rows as comments, perhaps several events
later: so events are compared by place and type, images in their order.
"""

import collections
import datetime
import decimal
import json
import os
import re
import subprocess

import probe

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = re.compile(rb"#\d{6} +[\d:]+ server id \d+  end_log_pos (\d+) "
                  rb"?(?:CRC32 0x[0-9a-f]+)? ?\t(.*)")
CELL = re.compile(rb"###   @(\d+)=(.*) /\* ([A-Z0-9/]+)(\(.*?\))? "
                  rb"meta=(-?\d+) nullable=\d is_null=\d \*/$", re.DOTALL)
TYPES = [(prefix.encode(), name) for prefix, name in (
    ("Start: binlog", "FORMAT_DESCRIPTION"), ("Rotate to", "ROTATE"),
    ("Stop", "STOP"), ("Previous-GTIDs", "PREVIOUS_GTIDS"),
    ("Anonymous_GTID", "ANONYMOUS_GTID"), ("GTID\t", "GTID"),
    ("GTID_Tagged", "GTID_TAGGED"), ("GTID ", "MARIADB_GTID"),
    ("Gtid list", "GTID_LIST"), ("Binlog checkpoint", "BINLOG_CHECKPOINT"),
    ("Annotate_rows", "ANNOTATE_ROWS"), ("Rows_query", "ROWS_QUERY"),
    ("Query_compressed", "QUERY_COMPRESSED"), ("Query", "QUERY"),
    ("Intvar", "INTVAR"), ("Rand", "RAND"), ("User_var", "USER_VAR"),
    ("Xid = ", "XID"), ("XID = X", "XA_PREPARE"), ("XA PREPARE", "XA_PREPARE"),
    ("Table_map", "TABLE_MAP"), ("Write_rows_v1", "WRITE_ROWS"),
    ("Write_compressed_rows", "WRITE_ROWS"), ("Write_rows", "WRITE_ROWS"),
    ("Update_compressed_rows", "UPDATE_ROWS"),
    ("Delete_compressed_rows", "DELETE_ROWS"),
    ("Update_rows_partial", "PARTIAL_UPDATE_ROWS"),
    ("Update_rows", "UPDATE_ROWS"), ("Delete_rows", "DELETE_ROWS"),
    ("Transaction_Payload", "TRANSACTION_PAYLOAD"),
    ("Begin_load_query", "BEGIN_LOAD_QUERY"),
    ("Append_block", "APPEND_BLOCK"), ("Incident", "INCIDENT"),
    ("Execute_load_query", "EXECUTE_LOAD_QUERY"),
    ("Start encryption", "START_ENCRYPTION"))]
NOT_SHOWN = {"IGNORABLE", "BEGIN_LOAD_QUERY", "APPEND_BLOCK"}


def build(folder):
    os.makedirs(folder, exist_ok=True)
    return probe.build(str(folder), "binlog_file", HERE)


class Reading:
    """What our decoder says."""

    def __init__(self, program, path, *words):
        out = subprocess.run([program, path, *words], capture_output=True,
                             check=True, timeout=120).stdout
        *self.events, end = [json.loads(line) for line in out.splitlines()]
        self.error = end.get("error")
        self.what = end.get("what", "")
        self.images = [(event.get("table"), sign, cells)
                       for event in self.events
                       for sign, cells in event.get("images", [])]

    def places(self):
        return sorted({event["start"] for event in self.events})

    def types(self):
        return collections.Counter(
            plain(event["type"]) for event in self.events)


def plain(name):
    """One name for what the tools do not tell apart."""
    if name == "GTID_TAGGED":
        return "GTID"
    return re.sub("_ROWS(_COMPRESSED)?(_V1)?$", "_ROWS", name)


class Dump:
    """What the tool says."""

    def __init__(self, tool, path):
        result = subprocess.run(
            [*tool, "--no-defaults", "-v", "-v",
             "--base64-output=decode-rows", path], capture_output=True,
            env={**os.environ, "TZ": "UTC"}, timeout=120, check=False)
        self.code = result.returncode
        self.complaint = result.stderr.decode("utf-8", "replace")
        self.starts = set()
        self.heads = []
        self.images = []
        self._table = None
        self._begun = None
        for line in result.stdout.split(b"\n"):
            self._take(line)

    def _take(self, line):
        if self._begun:  # a name with an end of line in it
            line = self._begun + b"\n" + line
        self._begun = None
        if line.startswith(b"# at "):
            self.starts.add(int(line[5:]))
        elif line.startswith(b"###"):
            self._take_row(line)
        else:
            found = HEAD.fullmatch(line)
            if found:
                self.heads.append((int(found[1]), type_of(found[2])))

    def _take_row(self, line):
        cell = CELL.fullmatch(line)
        if cell:
            number, text, kind, more, meta = cell.groups()
            self.images[-1][2][number.decode()] = (
                text, kind.decode(), (more or b"").decode(), int(meta))
        elif line in (b"### WHERE", b"### SET"):
            self.images.append(
                (self._table, "-" if line == b"### WHERE" else "+", {}))
        else:
            name = re.search(rb"`(.*)`\.`(.*)`$", line, re.DOTALL)
            if name:
                self._table = b".".join(name.groups()).decode()
            else:
                self._begun = line

    def types(self):
        return collections.Counter(name for _, name in self.heads)


def type_of(text):
    for prefix, name in TYPES:
        if text.startswith(prefix):
            return plain(name)
    return "IGNORABLE" if text.startswith(b"Ignorable") else text.decode()


# --- cells ------------------------------------------------------------------

LETTERS = {8: b"b", 9: b"t", 10: b"n", 12: b"f", 13: b"r"}


def escaped(data, letters, others):
    return re.sub(rb"[\0-\x1f\\']", lambda found:
                  b"\\" + letters[ord(found[0])]
                  if ord(found[0]) in letters else
                  b"\\x%02x" % ord(found[0]) if found[0] < b" " else
                  others + found[0], data)


def same_bytes(text, data):
    """MySQL's tool escapes as SQL does; MariaDB's only what no one can
    read."""
    return text[1:-1] in (escaped(data, LETTERS, b"\\"),
                          escaped(data, {}, b""))


def same_number(text, mine):
    """-5 (251): the same bytes, signed and not."""
    return mine in re.findall(r"-?\d+", text)


def same_real(text, mine, digits=6):
    return f"{float(text):.{digits}g}" == f"{float(mine):.{digits}g}"


def same_year(text, mine):
    """The tools show the year 0 as the byte's."""
    return text == ("1900" if mine == "0" else mine)


def same_timestamp(text, mine):
    if float(text) == 0:
        return mine.startswith("!")
    return decimal.Decimal(text) * 1000000 == decimal.Decimal(mine)


def same_time(text, mine):
    """Seconds of both, a sign before all."""
    def microseconds(value):
        parts = re.fullmatch(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?", value)
        whole = int(parts[2]) * 3600 + int(parts[3]) * 60 + int(parts[4])
        whole = whole * 1000000 + int((parts[5] or "").ljust(6, "0"))
        return -whole if parts[1] else whole
    return microseconds(text) == microseconds(mine)


def is_day(text):
    """False for dates that only the servers know: 2010-00-00."""
    try:
        datetime.date(*(int(part) for part in re.split("[-:]", text[:10])))
    except ValueError:
        return False
    return True


def same_moment(text, mine):
    if not is_day(text):
        return mine.startswith("!")
    return text.replace(":", "-", 2).ljust(19, "0").ljust(26, "0") == mine \
        or (text + ".").ljust(26, "0") == mine or \
        text.ljust(26, "0") == mine


def same_bits(text, mine):
    return int(text[2:-1] or "0", 2) == int(mine)


def same_set(text, mine):
    """Labels of ours are the numbers of the bits; lowest byte first."""
    number = sum(int(text[at:at + 8], 2) << (at - 2)
                 for at in range(2, len(text) - 1, 8))
    wanted = [str(i + 1) for i in range(64) if number >> i & 1]
    return ",".join(wanted) == mine


def same_cell(cell, mine):
    """None: the tool does not tell it so that it can be compared."""
    raw, kind, _, meta = cell
    if raw == b"NULL":
        return mine is None
    if mine is None:
        return False
    if mine == "!partial":
        return raw.startswith(b"JSON_") or None
    if kind in ("STRING", "VARSTRING", "BLOB/TEXT", "TINYBLOB/TINYTEXT",
                "MEDIUMBLOB/MEDIUMTEXT", "LONGBLOB/LONGTEXT"):
        return mine[:1] == "x" and same_bytes(raw, bytes.fromhex(mine[1:]))
    if kind == "JSON":
        # A text alone is shown without its quotes.
        return None if mine[:1] == '"' or raw[:1] != b"'" else \
            same_bytes(raw, mine.encode())
    text = raw.decode().strip()
    if text[:1] == "'":
        text = text[1:-1]
    return same_scalar(text, kind, mine)


def same_scalar(text, kind, mine):
    same = {"TINYINT": same_number, "SHORTINT": same_number,
            "MEDIUMINT": same_number, "INT": same_number,
            "LONGINT": same_number, "YEAR": same_year,
            "FLOAT": same_real, "DOUBLE": same_real, "BIT": same_bits,
            "SET": same_set, "TIMESTAMP": same_timestamp,
            "ENUM": lambda text, mine: text == (mine or "0"),
            "DECIMAL": lambda text, mine:
                decimal.Decimal(text) == decimal.Decimal(mine),
            "DATE": lambda text, mine:
                text.replace(":", "-") == mine if is_day(text)
                else mine.startswith("!"),
            "TIME": same_time, "DATETIME": same_moment}
    if kind not in same:
        return None
    try:
        return same[kind](text, mine)
    except (ArithmeticError, TypeError, ValueError):
        return False


def image_differences(tool, mine):
    """What two lists of images say otherwise, in words."""
    found = []
    if len(tool) != len(mine):
        found.append(f"{len(mine)} images, not {len(tool)}")
    for at, (theirs, ours) in enumerate(zip(tool, mine)):
        if theirs[:2] != ours[:2]:
            found.append(f"image {at}: {ours[:2]}, not {theirs[:2]}")
        for number, cell in theirs[2].items():
            if number not in ours[2]:
                if cell[1] in TYPES_OF_OURS:
                    found.append(f"image {at}: no @{number} {cell}")
            elif same_cell(cell, ours[2][number]) is False:
                found.append(f"image {at} @{number}: "
                             f"{ours[2][number]!r}, not {cell}")
        more = set(ours[2]) - set(theirs[2])
        if more:
            found.append(f"image {at}: columns {more} too many")
    return found


TYPES_OF_OURS = {"TINYINT", "SHORTINT", "MEDIUMINT", "INT", "LONGINT",
                 "YEAR", "FLOAT", "DOUBLE", "BIT", "SET", "ENUM", "DECIMAL",
                 "TIMESTAMP", "DATE", "TIME", "DATETIME", "STRING",
                 "VARSTRING", "BLOB/TEXT", "JSON"}


def compared_cells(tool, mine):
    """How many cells were truly compared, by the tool's name of the type."""
    counts = collections.Counter()
    for theirs, ours in zip(tool, mine):
        for number, cell in theirs[2].items():
            if number in ours[2] and \
                    same_cell(cell, ours[2][number]) is not None:
                counts[cell[1]] += 1
    return counts


def differences(dump, reading, by_place=True):
    """Of a whole file; of what came before the error where one ended it."""
    found = []
    places, types = reading.places(), reading.types()
    for name in NOT_SHOWN:
        types.pop(name, None)
    if reading.error:
        types -= dump.types()
        if by_place and not set(places) <= dump.starts:
            found.append(f"places {sorted(set(places) - dump.starts)}")
        return found + ([f"more {types}"] if types else []) + \
            image_differences(dump.images[:len(reading.images)],
                              reading.images)
    if by_place and sorted(dump.starts) != places:
        found.append(f"places {sorted(dump.starts ^ set(places))}")
    if dump.types() != types:
        found.append(f"types {types - dump.types()} too many, "
                     f"{dump.types() - types} too few")
    return found + image_differences(dump.images, reading.images) + [
        f"{event['start']}: {event['seen']} seen of {len(event['images'])}"
        for event in reading.events
        if "seen" in event and "bad" not in event
        and event["seen"] != len(event["images"])]
