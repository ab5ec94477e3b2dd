"""Digests computed again: a right one passes, any wrong one is named."""

import pytest

from golden import canonical
from judge.digests import check_digests
from judge.verdict import Verdict

TYPES = [
    ("id", "Int32", "-5", "int", -5), ("n", "UInt64", str(2 ** 64 - 1),
                                      "uint", 2 ** 64 - 1),
    ("d", "Nullable(Decimal(65, 30))", "'-1.50'", "decimal", "-1.50"),
    ("f", "Float32", "0.1", "float", 0.10000000149011612),
    ("g", "Float64", "-0.0", "float", 0.0),
    ("day", "Date32", "'1969-12-31'", "date", -1),
    ("at", "DateTime64(6, 'UTC')", "'1969-12-31 23:59:59.999998'",
     "datetime", -2),
    ("t", "Time64(6)", "'-838:59:59.000001'", "time", -3020399000001),
    ("s", "LowCardinality(String)", "'Zo\u00eb\\0'", "text",
     "Zo\u00eb\0"),
    ("u", "UUID", "'00112233-4455-6677-8899-aabbccddeeff'", "uuid",
     "00112233-4455-6677-8899-aabbccddeeff"),
    ("z", "Nullable(String)", "NULL", "text", None)]


class Stored:
    def __init__(self, server, database):
        self.server, self.database = server, database
        columns = ", ".join(f"{name} {kind} COMMENT 'tidemark seed=old_{name}'"
                            for name, kind, *_ in TYPES)
        self.sql(f"CREATE TABLE x__tm ({columns}, _tm_version UInt64, "
                 "_tm_deleted UInt8, _tm_digest UInt64, _tm_bucket UInt32)"
                 " ENGINE = ReplacingMergeTree(_tm_version, _tm_deleted)"
                 " ORDER BY (id, s)")
        cells = {name: None if value is None else
                 canonical.canonical_cell(kind, value)
                 for name, _, _, kind, value in TYPES}
        self.digest = canonical.row_digest(
            [(f"old_{name}", cell) for name, cell in cells.items()])
        self.bucket = canonical.bucket(canonical.canonical_key(
            [cells["id"], cells["s"]]))

    def sql(self, sql):
        self.server.query(sql, settings={"database": self.database})

    def add(self, version=7, deleted=0, digest=None, bucket=None, **changed):
        digest = self.digest if digest is None else digest
        bucket = self.bucket if bucket is None else bucket
        cells = ", ".join(changed.get(name, value)
                          for name, _, value, *_ in TYPES)
        self.sql("TRUNCATE TABLE x__tm")
        self.sql(f"INSERT INTO x__tm VALUES ({cells}, {version}, {deleted}, "
                 f"{digest}, {bucket})")

    def wrong(self, **more):
        verdict = Verdict("x")
        assert check_digests(self.server, self.database, "x", verdict,
                             **more) == 1
        return [difference.kind for difference in verdict.first]


@pytest.fixture
def stored(clickhouse, make_database):
    return Stored(clickhouse, make_database(clickhouse))


def test_the_digest_of_every_type_is_computed_again(stored):
    stored.add()
    assert stored.wrong() == []


def test_a_changed_cell_of_any_column_does_not_fit_its_digest(stored):
    for name, change in (
            ("n", "1"), ("d", "NULL"), ("f", "0.2"), ("g", "5e-324"),
            ("day", "'1970-01-01'"), ("at", "'1970-01-01 00:00:00'"),
            ("t", "'-838:59:59.000002'"), ("z", "''"),
            ("u", "'00112233-4455-6677-8899-aabbccddeefe'")):
        stored.add(**{name: change})
        assert stored.wrong() == ["_tm_digest"], name


def test_two_exchanged_columns_do_not_fit_the_digest(stored):
    stored.sql("ALTER TABLE x__tm COMMENT COLUMN f 'tidemark seed=old_g',"
               " COMMENT COLUMN g 'tidemark seed=old_f'")
    stored.add()
    assert stored.wrong() == ["_tm_digest"]


def test_a_wrong_bucket_version_or_mark_is_named(stored):
    stored.add(bucket=stored.bucket ^ 1)
    assert stored.wrong() == ["_tm_bucket"]
    stored.add(version=0)
    assert stored.wrong() == ["_tm_version"]
    stored.add(version=1 << 63)
    assert stored.wrong() == ["_tm_version"]
    stored.add(deleted=1)
    assert stored.wrong() == ["_tm_digest"]
    stored.add(deleted=1, digest=0)
    assert stored.wrong() == []
    stored.add(digest=0)
    assert stored.wrong() == ["_tm_digest"]
    assert stored.wrong(deletes="keep") == []


def test_a_seed_ends_where_the_own_comment_begins(stored):
    name = "a;b\\c"
    comment = name.replace("\\", "\\\\").replace(";", "\\;")
    quoted = f"tidemark seed={comment}; tidemark seed=x".replace(
        "\\", "\\\\")
    stored.sql(f"ALTER TABLE x__tm COMMENT COLUMN n '{quoted}'")
    cells = [(name if column == "n" else f"old_{column}",
              None if value is None else
              canonical.canonical_cell(kind, value))
             for column, _, _, kind, value in TYPES]
    stored.add(digest=canonical.row_digest(cells))
    assert stored.wrong() == []


def test_a_column_without_a_seed_is_named(stored):
    stored.sql("ALTER TABLE x__tm COMMENT COLUMN f 'mine'")
    stored.add()
    assert "comment" in stored.wrong()


def test_a_table_that_is_missing_is_named(clickhouse, make_database):
    verdict = Verdict("x")
    name = make_database(clickhouse)
    assert check_digests(clickhouse, name, "x", verdict) == 0
    assert "no x__tm" in str(verdict)
