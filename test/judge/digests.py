"""Computes the stored digests and buckets again from the stored cells.

The definition is that of test/golden/canonical.py, the second implementation
of include/model/digest.h and key.h. What a cell is comes from ClickHouse's
type; which name its seed has, from the column's comment.
"""

import datetime
import decimal
import re
import struct

from golden import canonical

from . import clickhouse as ch
from .source import NULL
from .verdict import Difference

# "; " ends the name and begins the column's own comment.
SEED = re.compile(r"tidemark seed=((?:[^;\\]|\\.)*)", re.DOTALL)
DAY_US = 86_400_000_000
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def _date_us(text):
    return (datetime.date.fromisoformat(text).toordinal() - _EPOCH) * DAY_US


def _clock_us(text):
    """[-]hh:mm:ss.ffffff"""
    hours, minutes, seconds = text.lstrip("-").split(":")
    whole, _, part = seconds.partition(".")
    us = ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 1_000_000
    us += int((part + "000000")[:6])
    return -us if text.startswith("-") else us


def _moment(text):
    date, _, clock = text.partition(" ")
    return canonical.shortest(_date_us(date) + _clock_us(clock))


def _float(single):
    pack, unpack = ("<I", "<f") if single else ("<Q", "<d")

    def cell(text):
        return canonical.canonical_float(
            struct.unpack(unpack, struct.pack(pack, int(text)))[0])
    return cell


def _decimal(text):
    return canonical.canonical_decimal(decimal.Decimal(text), None)


def cell_maker(type_text):
    """text of a line's cell -> canonical bytes."""
    bare = ch.bare_type(type_text)
    if re.fullmatch(r"U?Int\d+|Bool", bare):
        return lambda text: canonical.shortest(int(text))
    if bare.startswith("Float"):
        return _float(bare == "Float32")
    if bare.startswith("Decimal"):
        return _decimal
    if bare == "Date32":
        return lambda text: canonical.shortest(_date_us(text) // DAY_US)
    if bare.startswith("DateTime64"):
        return _moment
    if bare.startswith("Time64"):
        return lambda text: canonical.shortest(_clock_us(text))
    if bare == "UUID":
        return lambda text: canonical.canonical_cell("uuid", text)
    return bytes.fromhex


class _Stored:
    """The stored columns of one table and how to read them."""

    def __init__(self, server, database, table):
        self.server = server
        self.database, self.table = database, table
        self.name = ch.full_name(database, table)
        found = ch.columns(server, database, table)
        self.own = [name for name in found if name.startswith("_tm_")]
        self.names = [name for name in found if name not in self.own]
        self.types = [found[name][0] for name in self.names]
        self.comments = [found[name][1] for name in self.names]
        self.makers = [cell_maker(type_text) for type_text in self.types]

    def seeds(self, verdict):
        seeds = []
        for name, comment in zip(self.names, self.comments):
            match = SEED.match(comment)
            if not match:
                verdict.add(Difference("comment", "", name,
                                       "tidemark seed=..", repr(comment)))
            seed = re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL) \
                if match else name
            seeds.append(canonical.seed(seed))
        return seeds

    def key(self):
        """Places of the key's columns, in the sort key's order."""
        rows = self.server.rows(
            "SELECT sorting_key FROM system.tables WHERE database = "
            f"{ch.text(self.database)} AND name = {ch.text(self.table)}")
        parts = re.findall(r"`((?:[^`\\]|\\.)*)`|([^,` ]+)", rows[0][0])
        return [self.names.index(ch.unescape(quoted) or bare)
                for quoted, bare in parts]

    def lines(self, limit, newest):
        own = ["_tm_version", "_tm_deleted", "_tm_digest"]
        own += ["_tm_bucket"] if "_tm_bucket" in self.own else []
        cells = [ch.expression(name, type_text)
                 for name, type_text in zip(self.names, self.types)]
        tail = " FINAL" if newest else ""
        tail += f" LIMIT {limit}" if limit else ""
        for line in self.server.lines(
                f"SELECT {', '.join(own + cells)} FROM {self.name}{tail}"):
            cells = line.split("\t")
            yield [int(cell) for cell in cells[:len(own)]], cells[len(own):]


def check_digests(clickhouse, database, target, verdict, limit=0,
                  deletes="remove", has_key=True, newest=False):
    """Adds to the verdict what is wrong in `target`__tm; rows looked at.

    Rows are those stored, superseded ones too, which a column that came later
    with a value of its own does not fit: newest leaves them out; limit: at
    most so many. Under
    deletes "keep" a living row may have no digest.
    """
    server = ch.ClickHouse.of(clickhouse)
    stored = _Stored(server, database, f"{target}__tm")
    if not stored.names:
        verdict.add(Difference("stored", target, "", "a table",
                               f"no {target}__tm"))
        return 0
    seeds = stored.seeds(verdict)
    key = stored.key() if has_key else []
    count = 0
    for own, cells in stored.lines(limit, newest):
        count += 1
        canonicals = [None if cell == NULL else maker(cell)
                      for maker, cell in zip(stored.makers, cells)]
        for what, wanted, found in _wrong(own, canonicals, seeds, key,
                                          deletes):
            where = ", ".join(f"{stored.names[place]}={cells[place][:80]}"
                              for place in key)
            verdict.add(Difference(what, where, f"{what} at {where}",
                                   wanted, found))
    return count


def _wrong(own, cells, seeds, key, deletes):
    version, deleted, digest = own[:3]
    if version == 0 or version >> 63:
        yield "_tm_version", "1 to 2^63-1", str(version)
    if deleted:
        wanted = 0
    else:
        wanted = canonical.finish(sum(
            canonical.cell_hash(cell, seed)
            for cell, seed in zip(cells, seeds) if cell is not None))
    if digest != wanted and not (deletes == "keep" and digest == 0):
        yield "_tm_digest", str(wanted), str(digest)
    if len(own) > 3:
        bucket = canonical.bucket(
            canonical.canonical_key([cells[place] for place in key]))
        if own[3] != bucket:
            yield "_tm_bucket", str(bucket), str(own[3])
