"""The comparator of the folder: parts by hand, right ones and wrong ones."""

import gzip
import json

import pytest

from judge.files import compare_files

ROWS = [
    {"id": 1, "n": "18446744073709551615", "d": "1.50", "f": 0.1,
     "at": "2024-02-29T10:00:00.500000", "ts": "2024-02-29T10:00:00Z",
     "t": "-100:00:00.25", "s": "Zo\u00eb \u20ac\0", "b": "AP8="},
    {"id": "2", "n": 0, "f": "-0.5", "s": ""}]


class Folder:
    def __init__(self, source, database, path):
        self.connection = source.admin(database)
        self.database = database
        self.path = path
        with self.connection.cursor() as cursor:
            cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
            cursor.execute(
                "CREATE TABLE t (id INT PRIMARY KEY, n BIGINT UNSIGNED,"
                " d DECIMAL(9,2), f DOUBLE, at DATETIME(1), ts TIMESTAMP NULL,"
                " t TIME(2), s VARCHAR(20) CHARACTER SET utf8mb4, b BLOB)")
            cursor.execute(
                "INSERT INTO t VALUES (1, 18446744073709551615, 1.5, 0.1,"
                " '2024-02-29 10:00:00.5', '2024-02-29 10:00:00',"
                " '-100:00:00.25', 'Zo\u00eb \u20ac\\0', X'00FF'),"
                " (2, 0, NULL, -0.5, NULL, NULL, NULL, '', NULL)")
        self.parts = 0

    def add(self, version, *rows, folder="", count=None, **own):
        self.parts += 1
        name = f"{folder}part-{self.parts}.ndjson.gz"
        (self.path / name).parent.mkdir(exist_ok=True)
        with gzip.open(self.path / name, "wt", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps({"_tm_version": version,
                                       "_tm_deleted": 0, **row, **own}) + "\n")
        self.note({"name": name, "rows": len(rows) if count is None
                   else count})

    def note(self, entry):
        with open(self.path / "manifest.ndjson", "a",
                  encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def judge(self, report=None):
        return compare_files(self.connection, self.database, "t", self.path,
                             report=report)


@pytest.fixture
def folder(source, make_database, tmp_path):
    return Folder(source, make_database(source), tmp_path)


def test_the_newest_version_wins_in_any_order(folder):
    folder.add(9, *ROWS)
    folder.add(5, {**ROWS[0], "s": "old"}, {"id": 3})
    folder.add(6, {"id": 3}, _tm_deleted=1)
    verdict = folder.judge(report=print)
    assert verdict.ok and verdict.cells == 18


def test_every_changed_cell_is_named(folder):
    changes = {"n": "18446744073709551614", "d": "1.51", "f":
               0.10000000000000002, "at": "2024-02-29T10:00:00.500001",
               "ts": "2024-02-29T10:00:01Z", "t": "-100:00:00.250001",
               "s": "Zo\u00eb \u20ac", "b": "AP8A"}
    folder.add(1, *ROWS)
    for version, (name, value) in enumerate(changes.items(), 2):
        folder.add(version, {**ROWS[0], name: value})
        verdict = folder.judge()
        assert [(d.kind, d.key, d.column) for d in verdict.first] == [
            ("cell", "id=1", name)]


def test_null_is_not_the_empty_text(folder):
    folder.add(1, ROWS[0], {"id": 2, "n": 0, "f": -0.5})
    assert [(d.column, d.warehouse) for d in folder.judge().first] == [
        ("s", "NULL")]


def test_missing_and_extra_rows_and_wrong_counts_are_named(folder):
    folder.add(1, ROWS[0], {"id": 7}, count=3)
    assert [(d.kind, d.key) for d in folder.judge().first] == [
        ("rows of", ""), ("missing", "id=2"), ("extra", "id=7")]


def test_only_the_current_reading_counts(folder):
    folder.add(1, {"id": 9}, folder="one/")
    folder.add(1, *ROWS, folder="two/")
    folder.note({"current": "one"})
    assert folder.judge().count == 3
    folder.note({"current": "two"})
    assert folder.judge().ok


def test_what_is_torn_or_not_whole_does_not_count(folder):
    folder.add(1, *ROWS)
    folder.add(2, {"id": 5})
    path = folder.path / "manifest.ndjson"
    whole, last = path.read_text().splitlines()
    path.write_text(f"{whole}\n{last}")
    assert folder.judge(report=print).ok
    path.write_text(f"{whole}\n{last[:-1]}, \"part\": 1, \"parts\": 2}}\n")
    assert folder.judge(report=print).ok
    path.write_text(f"{whole}\n{last}\n")
    assert folder.judge().kinds() == ["extra"]


def test_a_truncated_table_is_empty_below_that_version(folder):
    folder.add(3, {"id": 8})
    folder.add(4, {}, _tm_truncated=1)
    folder.add(5, *ROWS)
    assert folder.judge(report=print).ok
