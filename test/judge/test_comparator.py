"""The comparator itself: every kind of damage is found, and nothing else.

The warehouse's table is filled by this test, not by the program: so what is
equal and what is not is known beforehand.
"""

import pytest

from judge import source as src
from judge.clickhouse import ClickHouse, full_name, quote
from judge.comparator import compare
from judge.equal_copy import ROWS, Copy


@pytest.fixture
def copy(source, clickhouse, database):
    return Copy(source, clickhouse, database)


def test_an_equal_copy_is_equal(copy):
    verdict = copy.compare()
    assert verdict.ok, verdict
    assert (verdict.rows, verdict.cells) == (ROWS + 2, (ROWS + 2) * 21)


CHANGED = {
    "small": "small + 1", "big": "big - 1", "flags": "bitXor(flags, 4096)",
    "price": "price + toDecimal64('0.00001', 5)",
    "rate": "reinterpretAsFloat64(reinterpretAsUInt64(rate) + 1)",
    "part": "reinterpretAsFloat32(toUInt32(reinterpretAsUInt32(part) + 1))",
    "born": "born + 1", "day": "day + 1",
    "at": "at + INTERVAL 1 MILLISECOND",
    "stamp": "stamp + INTERVAL 1 MICROSECOND",
    "length": "toTime64('-100:00:00.26', 6)", "name": "concat(name, ' ')",
    "body": "replace(body, '  ', ' ')", "raw": "concat(raw, unhex('00'))",
    "fixed": "substring(fixed, 1, 2)", "kind": "''", "tags": "'z,x'",
    "place": "concat(unhex('01'), substring(place, 2))",
    "padded": "padded + 1", "doc": "'[1,2.5]'"}


def test_one_changed_cell_of_any_type_is_named(copy):
    copy.sql("CREATE TABLE sound ENGINE = Log AS SELECT * EXCEPT _tm_version"
             " FROM t__tm WHERE id = 7")
    for name, value in CHANGED.items():
        copy.update({name: value}, "id = 7")
        verdict = copy.compare(report=None)
        found = [(d.kind, d.key, d.column) for d in verdict.first]
        assert found == [("cell", "id=7", name)], verdict
        copy.version += 1
        copy.sql("INSERT INTO t__tm SELECT * EXCEPT (_tm_deleted, _tm_digest)"
                 f", {copy.version}, _tm_deleted, _tm_digest FROM sound")
    assert copy.compare().ok


def test_null_is_not_the_empty_text(copy):
    copy.update({"name": "NULL"}, "id = 0")
    copy.update({"name": "''"}, "id = 7777")
    verdict = copy.compare(report=None)
    assert [(d.key, d.source, d.warehouse) for d in verdict.first] == [
        ("id=0", "''", "NULL"), ("id=7777", "NULL", "''")]


def test_a_dropped_and_an_added_row_are_named(copy):
    copy.sql("INSERT INTO t__tm (id, _tm_version, _tm_deleted)"
             " VALUES (8, 9, 1)")
    copy.update({"id": "id + 5000"}, "id = 9")
    verdict = copy.compare(report=None)
    assert [(d.kind, d.key) for d in verdict.first] == [
        ("missing", "id=8"), ("extra", "id=5009")]


def test_two_rows_that_exchange_a_value_differ(copy):
    """All counts and all sums of columns stay the same."""
    copy.update({"price": "if(id = 3, toDecimal64(-2.5, 5), "
                          "toDecimal64(-2.625, 5))"}, "id IN (3, 4)")
    verdict = copy.compare(report=None)
    assert [(d.key, d.column) for d in verdict.first] == [
        ("id=3", "price"), ("id=4", "price")]


def test_three_rotated_rows_differ(copy):
    other = "multiIf(id = 11, '12', id = 12, '13', '11')"
    copy.update({"name": f"concat('Zo\u00eb \u20ac ', {other})"},
                "id IN (11, 12, 13)")
    assert copy.compare(report=None).count == 3


def test_a_column_shifted_by_a_row_differs_everywhere(copy):
    copy.update({"padded": "padded + 1"}, f"id BETWEEN 1 AND {ROWS}")
    verdict = copy.compare(report=None)
    assert verdict.count == ROWS
    assert len(verdict.first) == 20
    assert {d.column for d in verdict.first} == {"padded"}


def test_a_row_that_stands_twice_is_extra(copy):
    copy.sql("CREATE OR REPLACE VIEW t AS SELECT * EXCEPT (_tm_version,"
             " _tm_deleted, _tm_digest) FROM t__tm UNION ALL SELECT * EXCEPT"
             " (_tm_version, _tm_deleted, _tm_digest) FROM t__tm"
             " WHERE id = 5")
    verdict = copy.compare(report=None)
    assert ("extra", "id=5") in [(d.kind, d.key) for d in verdict.first]


def test_the_sign_of_zero_counts_where_the_server_shows_it(copy):
    copy.update({"rate": "-0.0"}, "id = 0")
    verdict = copy.compare(report=None)
    shows = src.shows_sign_of_zero(copy.connection)
    assert verdict.count == int(shows), verdict


def test_another_type_and_a_lost_column_are_named(copy):
    copy.sql("ALTER TABLE t__tm MODIFY COLUMN small Nullable(Int16)")
    copy.sql("CREATE OR REPLACE VIEW t AS SELECT * EXCEPT (_tm_version,"
             " _tm_deleted, _tm_digest, doc) FROM t__tm FINAL")
    verdict = copy.compare(report=None)
    assert [(d.kind, d.column) for d in verdict.first] == [
        ("column", "doc")]
    verdict = copy.compare(report=None, columns=[
        name for name in copy.names() if name != "doc"])
    assert [(d.kind, d.column, d.warehouse) for d in verdict.first] == [
        ("type of", "small", "Nullable(Int16)")]


def test_a_filter_hides_rows_of_the_source(copy):
    def passes(row):
        return row["name"] is None or not row["name"].endswith("1")
    verdict = copy.compare(filter=passes, report=None)
    assert {d.kind for d in verdict.first} == {"extra"}
    assert verdict.count == 5
    copy.sql("INSERT INTO t__tm (id, _tm_version, _tm_deleted)"
             " SELECT id, 9, 1 FROM t__tm WHERE endsWith(name, '1')")
    assert copy.compare(filter=passes).ok


def test_marked_rows_must_be_dead_in_the_source(copy):
    copy.sql("CREATE TABLE m AS t__tm ENGINE ="
             " ReplacingMergeTree(_tm_version) ORDER BY id")
    copy.sql("INSERT INTO m SELECT * FROM t__tm")
    copy.sql("RENAME TABLE t__tm TO old, m TO t__tm")
    names = ", ".join(copy.names())
    copy.sql(f"CREATE OR REPLACE VIEW t AS SELECT {names}, _tm_deleted "
             "FROM t__tm FINAL")
    assert copy.compare(deletes="mark").ok
    copy.sql(f"INSERT INTO t__tm SELECT {names}, 9, 1, 0 FROM t__tm FINAL "
             "WHERE id IN (5, 6)")
    copy.source_sql("DELETE FROM t WHERE id = 5")
    verdict = copy.compare(deletes="mark", report=None)
    assert verdict.marked == 2
    assert sorted((d.kind, d.key) for d in verdict.first) == [
        ("mark", "id=6"), ("missing", "id=6")]


def test_kept_rows_have_no_digest(copy):
    copy.source_sql("DELETE FROM t WHERE id IN (5, 6)")
    names = ", ".join(copy.names())
    copy.sql(f"INSERT INTO t__tm SELECT {names}, 9, 0, 0 FROM t__tm "
             "WHERE id = 5")
    verdict = copy.compare(deletes="keep", report=None)
    assert verdict.kept == 1
    assert [(d.kind, d.key) for d in verdict.first] == [("extra", "id=6")]


def test_int64_may_stand_for_time(copy):
    copy.sql("CREATE TABLE n AS t__tm ENGINE = ReplacingMergeTree("
             "_tm_version, _tm_deleted) ORDER BY id")
    copy.sql("ALTER TABLE n MODIFY COLUMN length Nullable(Int64)")
    copy.sql("INSERT INTO n SELECT * REPLACE (if(length IS NULL, NULL,"
             " -360000250000) AS length) FROM t__tm")
    copy.sql("RENAME TABLE t__tm TO old, n TO t__tm")
    names = ", ".join(copy.names())
    copy.sql(f"CREATE OR REPLACE VIEW t AS SELECT {names} FROM t__tm FINAL")
    assert copy.compare().ok
    copy.update({"length": "length - 1"}, "id = 3")
    verdict = copy.compare(report=None)
    assert [d.warehouse for d in verdict.first] == ["-100:00:00.250001"]


def test_a_cut_answer_is_no_verdict(copy):
    server = ClickHouse.of(copy.server)
    with pytest.raises(src.JudgeError, match="cut|Exception"):
        list(server.lines("SELECT throwIf(number = 3000000) FROM numbers("
                          "4000000)"))


def test_large_tables_are_read_in_chunks(copy, monkeypatch):
    monkeypatch.setattr("judge.comparator.CHUNK_ROWS", 7)
    assert copy.compare().ok
    copy.update({"small": "small + 1"}, "id IN (7, 8, 15, 50)")
    copy.sql("INSERT INTO t__tm (id, _tm_version) VALUES (99999, 5)")
    verdict = copy.compare(report=None)
    assert sorted(d.key for d in verdict.first) == sorted(
        ["id=7", "id=8", "id=15", "id=50", "id=99999"])


def test_tables_without_a_key_are_compared_as_bags(copy):
    copy.source_sql("CREATE TABLE v (a INT, b VARCHAR(9))")
    copy.source_sql("INSERT INTO v VALUES (1, 'x'), (1, 'x'), (NULL, '')")
    copy.sql("CREATE TABLE v (a Nullable(Int32), b Nullable(String))"
             " ENGINE = MergeTree ORDER BY tuple()")
    copy.sql("INSERT INTO v VALUES (NULL, ''), (1, 'x'), (1, 'x')")

    def judge():
        return compare(copy.connection, copy.database, "v", copy.server,
                       copy.database, stored=False, report=None)
    assert judge().ok
    copy.sql("INSERT INTO v VALUES (1, 'x')")
    assert judge().kinds() == ["extra"]
    copy.source_sql("INSERT INTO v VALUES (1, 'x'), (1, 'X')")
    assert judge().kinds() == ["missing"]


def test_names_of_all_kinds_are_quoted(copy):
    name = "a`b'c\\d\te \u2603"
    copy.source_sql(f"CREATE TABLE {src.quote(name)} ({src.quote(name)} "
                    "INT PRIMARY KEY)")
    copy.source_sql(f"INSERT INTO {src.quote(name)} VALUES (1)")
    copy.sql(f"CREATE TABLE {quote(name)} ({quote(name)} Int32) ENGINE = "
             f"MergeTree ORDER BY {quote(name)}")
    copy.sql(f"INSERT INTO {full_name(copy.database, name)} VALUES (1)")
    verdict = compare(copy.connection, copy.database, name, copy.server,
                      copy.database, stored=False)
    assert verdict.ok and verdict.cells == 1


def test_zero_dates_follow_the_policy(copy):
    copy.source_sql("CREATE TABLE z (id INT PRIMARY KEY, d DATE,"
                    " m DATETIME(1) NOT NULL)")
    copy.source_sql("INSERT INTO z VALUES (1, 0, '2024-02-00 10:00:00.5'),"
                    " (2, '2024-00-15', '2024-02-03 10:00:00')")
    for types, values, policy in (
            ("d Nullable(Date32), m Nullable(DateTime64(6, 'UTC'))",
             "(1, NULL, NULL), (2, NULL, '2024-02-03 10:00:00')", "null"),
            ("d Nullable(String), m String",
             "(1, '0000-00-00', '2024-02-00 10:00:00.5'),"
             " (2, '2024-00-15', '2024-02-03 10:00:00.0')", "text")):
        copy.sql("DROP TABLE IF EXISTS z")
        copy.sql(f"CREATE TABLE z (id Int32, {types}) ENGINE = MergeTree "
                 "ORDER BY id")
        copy.sql(f"INSERT INTO z VALUES {values}")
        verdict = compare(copy.connection, copy.database, "z", copy.server,
                          copy.database, stored=False, zero_dates=policy)
        assert verdict.ok, verdict


def test_the_source_is_read_as_of_one_moment(copy):
    counts = []
    with copy.source.admin(copy.database) as other:
        src.begin(other)
        plan = src.describe(other, copy.database, "t")
        for number in (123456, 123457):
            copy.source_sql(f"INSERT INTO t (id) VALUES ({number})")
            counts.append(len(list(src.lines(other, plan))))
            other.rollback()
    assert counts == [ROWS + 2, ROWS + 4]
