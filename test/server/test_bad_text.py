"""Bytes that are no text in their character set, from the server's table to
the warehouse's, under both policies.

Such bytes lie in columns of sets with holes, and MariaDB keeps surrogates in
UTF-8. What replaces them is told here by Python's codecs, byte by byte; all
other cells are judged by the comparator.
"""

import pytest

from judge.clickhouse import ClickHouse as JudgeClickHouse
from judge.digests import check_digests
from rig import Rig

GOOD = ["", "plain", "\u65e5\u672c", "\uff71 half", "tail "]
BAD = {  # charset: bytes, some of them text
    "cp932": [b"\x81\xad", b"ab\x81\xadcd", b"\x93\xfa\x81\xad\x93\xfa",
              b"\x81\xb7\x81\xb7"],
    "cp1250": [b"\x81", b"a\x83b\x98", b"\x9a\x88"],
    "utf8mb4": [b"\xed\xa0\x80", b"a\xed\xbf\xbfb\xc3\xa9"],
}
LONGEST = {"cp932": 2, "cp1250": 1, "utf8mb4": 4}


def as_replaced(raw, charset):
    """U+FFFD in place of each byte with which no character begins."""
    codec = charset.replace("utf8mb4", "utf-8")
    text, at = "", 0
    while at < len(raw):
        for size in range(1, LONGEST[charset] + 1):
            try:
                text += raw[at:at + size].decode(codec)
                break
            except UnicodeDecodeError:
                pass
        else:
            text, size = text + "\ufffd", 1
        at += size
    return text


@pytest.fixture
def table(source, clickhouse, make_database, tidemark):
    """A rig, and what each bad row should become: {id: (column, text)}."""
    rig = Rig(source, clickhouse, make_database(source, clickhouse), tidemark)
    sets = [name for name in BAD
            if name != "utf8mb4" or source.kind != "mysql"]
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, n INT, " + ", ".join(
        f"{name} VARCHAR(40) CHARACTER SET {name}" for name in sets) + ")")
    number, wanted = 0, {}
    for text in GOOD:
        number += 1
        rig.sql(f"INSERT INTO t (id, cp932) VALUES ({number}, %s)", (text,))
    for name in sets:
        for raw in BAD[name]:
            number += 1
            rig.sql(f"INSERT INTO t (id, {name}) VALUES ({number}, "
                    f"_{name} X'{raw.hex()}')")
            kept = rig.sql(f"SELECT HEX(CAST({name} AS BINARY)) FROM t "
                           f"WHERE id = {number}")[0][0]
            assert bytes.fromhex(kept) == raw, "the server mended it"
            wanted[number] = (name, as_replaced(raw, name))
            assert "\ufffd" in wanted[number][1]
    rig.sql("CREATE TABLE beside (id INT PRIMARY KEY)")
    rig.sql("INSERT INTO beside VALUES (1)")
    return rig, wanted


def test_stop_names_row_and_column_and_the_other_tables_go_on(table):
    rig, wanted = table
    rig.settings()
    result = rig.run("run")
    first = min(wanted)
    assert result.code == 1, str(result)
    for part in ("(TM2108)", f"id={first}", f'"{wanted[first][0]}"',
                 "bad_text: replace"):
        assert part in result.stderr, f"{part}: {result}"
    rig.equal("beside")
    assert rig.value("SELECT count() FROM t WHERE position("
                     "concat(ifNull(cp932, ''), ifNull(cp1250, '')), "
                     "'\ufffd') > 0") == 0
    rig.sql("DELETE FROM t WHERE id >= %s", (first,))
    rig.ok("run")
    rig.equal("t")


@pytest.mark.parametrize("place", ["table", "top"])
def test_replace_changes_the_bad_bytes_and_nothing_else(table, place):
    rig, wanted = table
    if place == "top":
        rig.settings(bad_text="replace")
    else:
        rig.settings(tables=[{"t": {"bad_text": "replace"}}, "beside"])
    rig.ok("run")
    rows = dict(rig.rows("SELECT id, hex(concat(ifNull(cp932, ''), "
                         "ifNull(cp1250, ''))) FROM t"
                         if rig.source.kind == "mysql" else
                         "SELECT id, hex(concat(ifNull(cp932, ''), "
                         "ifNull(cp1250, ''), ifNull(utf8mb4, ''))) FROM t"))
    assert {int(n): bytes.fromhex(rows[n]).decode() for n in rows
            if int(n) in wanted} == {n: t for n, (_, t) in wanted.items()}
    verdict = rig.verdict("t")
    assert verdict.kinds() == ["cell"], str(verdict)
    assert {(int(d.key.split("=")[-1]), d.column) for d in verdict.first} == \
        {(n, column) for n, (column, _) in wanted.items()}, str(verdict)
    rig.equal("beside")
    clean = rig.verdict("beside")
    check_digests(JudgeClickHouse.of(rig.clickhouse), rig.database, "t",
                  clean)
    assert clean.ok, str(clean)
    rig.sql("DELETE FROM t WHERE id >= %s", (min(wanted),))
    rig.ok("run", "t")
    rig.equal("t")
