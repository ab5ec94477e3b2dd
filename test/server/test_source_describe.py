"""What is learned of tables: columns, keys, cursors, in few questions."""

import time

import pytest

from probe import Probe


@pytest.fixture(params=["mariadb", "mysql", "mariadb_new"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def probe(server, make_database, tmp_path_factory):
    return Probe(str(tmp_path_factory.getbasetemp()), server,
                 make_database(server))


def cursor_of(probe):
    cursor = probe.server.admin(probe.database).cursor()
    cursor.execute("SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00'")
    return cursor


def described(probe, table):
    """{column: its line without name} and all other lines."""
    columns = {}
    others = []
    for line in probe.run("describe", table).splitlines():
        words = line.split()
        if words[0] == "column":
            columns[words[1]] = " ".join(words[2:])
        else:
            others.append(line.strip())
    return columns, others


TYPES = {
    "TINYINT": "int width=1", "TINYINT(1)": "int width=1",
    "SMALLINT UNSIGNED": "uint width=2", "MEDIUMINT": "int width=4",
    "MEDIUMINT UNSIGNED": "uint width=4", "INT ZEROFILL": "uint width=4",
    "BIGINT": "int width=8", "BIGINT UNSIGNED": "uint width=8",
    "BIT": "uint width=1", "BIT(12)": "uint width=2",
    "BIT(20)": "uint width=4", "BIT(64)": "uint width=8",
    "DECIMAL(9,2)": "decimal width=4 precision=9 scale=2",
    "DECIMAL(18,0)": "decimal width=8 precision=18 scale=0",
    "DECIMAL(38,10) UNSIGNED": "decimal width=16 precision=38 scale=10",
    "DECIMAL(65,30)": "decimal width=32 precision=65 scale=30",
    "FLOAT": "float width=4", "FLOAT(10,3)": "float width=4",
    "DOUBLE": "float width=8", "YEAR": "uint width=2",
    "DATE": "date width=4", "TIME(3)": "time width=8 precision=0 scale=3",
    "DATETIME": "datetime width=8 precision=0 scale=0",
    "DATETIME(6)": "datetime width=8 precision=0 scale=6",
    "TIMESTAMP(2) NULL": "timestamp width=8 precision=0 scale=2",
    "CHAR(10)": "text", "VARCHAR(10)": "text", "TINYTEXT": "text",
    "LONGTEXT": "text", "CHAR(5) CHARACTER SET binary": "bytes",
    "BINARY(16)": "bytes width=0 precision=0 scale=0 null=1 few=0 fixed=16",
    "VARBINARY(16)": "bytes width=0 precision=0 scale=0 null=1 few=0 fixed=0",
    "BLOB": "bytes", "LONGBLOB": "bytes",
    "ENUM('a','unsigned','it''s')": "text width=0 precision=0 scale=0 "
                                    "null=1 few=1",
    "SET('a','b')": "text width=0 precision=0 scale=0 null=1 few=0",
    "JSON": "json", "POINT": "bytes", "GEOMETRYCOLLECTION": "bytes",
}
MARIADB_TYPES = {"UUID": "uuid width=16", "INET4": "text", "INET6": "text"}


def test_every_type_has_its_kind(server, probe):
    types = dict(TYPES)
    if server.kind != "mysql":
        types.update(MARIADB_TYPES)
    cursor_of(probe).execute("CREATE TABLE t (" + ", ".join(
        f"c{i} {kind}" for i, kind in enumerate(types)) + ")")
    columns, _ = described(probe, "t")
    assert len(columns) == len(types)
    for i, (kind, expected) in enumerate(types.items()):
        assert columns[f"c{i}"].startswith(expected), kind


def test_types_that_are_not_supported_are_named(server, probe):
    cursor = cursor_of(probe)
    if server.kind == "mariadb":
        cursor.execute("CREATE TABLE t (a INT, b VARCHAR(50) COMPRESSED, "
                       "c BLOB COMPRESSED)")
        expected = ["unusable b varchar(50)", "unusable c blob"]
    else:
        cursor.execute("CREATE TABLE t (a INT, b VECTOR(3))")
        expected = ["unusable b vector(3)"]
    columns, others = described(probe, "t")
    assert list(columns) == ["a"]
    for start in expected:
        assert any(line.startswith(start) for line in others), others


def test_json_of_mariadb_is_a_check_of_exactly_that(server, probe):
    if server.kind == "mysql":
        pytest.skip("MySQL has a type of its own")
    cursor = cursor_of(probe)
    cursor.execute("CREATE TABLE t (a JSON, `b``c` JSON NOT NULL, "
                   "d LONGTEXT CHECK (json_valid(d) OR d = ''), e LONGTEXT, "
                   "CHECK (json_valid(e)))")
    columns, _ = described(probe, "t")
    kinds = {name: line.split()[0] for name, line in columns.items()}
    assert kinds == {"a": "json", "b`c": "json", "d": "text", "e": "json"}


def test_hidden_columns_and_strange_names_are_columns(server, probe):
    cursor = cursor_of(probe)
    cursor.execute("CREATE TABLE `odd``'\"; --é` (id INT PRIMARY KEY, "
                   "`sel``ect` INT INVISIBLE, g INT AS (id + 1) STORED, "
                   "v INT AS (id + 2) VIRTUAL)")
    cursor.execute("INSERT INTO `odd``'\"; --é` (id) VALUES (1), (2), (3)")
    columns, others = described(probe, "odd`'\"; --é")
    assert list(columns) == ["id", "sel`ect", "g", "v"]
    assert probe.pages("odd`'\"; --é", 2)["rows"] == 3


def test_reserved_names_are_told(server, probe):
    cursor = cursor_of(probe)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, _tm_version INT)")
    assert "unusable _tm_version reserved name" in described(probe, "t")[1]


def test_views_sequences_and_other_engines(server, probe):
    cursor = cursor_of(probe)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    cursor.execute("CREATE VIEW v AS SELECT * FROM t")
    cursor.execute("CREATE TABLE m (id INT PRIMARY KEY) ENGINE = MyISAM")
    names = ["m", "t", "v view"]
    if server.kind != "mysql":
        cursor.execute("CREATE SEQUENCE s")
        cursor.execute("CREATE TABLE h (id INT PRIMARY KEY) "
                       "WITH SYSTEM VERSIONING")
        names.insert(0, "h")
        assert "missing=s" in probe.run("describe", "s")
        assert "note system-versioned: its present rows are read, not its " \
            "history" in described(probe, "h")[1]
    assert probe.run("names").splitlines() == names
    assert "note a view: it has no index, so no key" in \
        described(probe, "v")[1]
    assert any("not InnoDB but MyISAM" in line
               for line in described(probe, "m")[1])
    assert "missing=T" in probe.run("describe", "T")
    assert "missing=none" in probe.run("describe", "none")


def test_cursors_stand_best_first(server, probe):
    now = int(time.time())
    cursor = cursor_of(probe)
    cursor.execute(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, created_at DATETIME, "
        "seen DATE, mtime BIGINT, changed INT, n TINYINT, updated_at "
        "TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE "
        "CURRENT_TIMESTAMP(3), KEY by_created (created_at, n), "
        "KEY (updated_at, n), KEY exact (updated_at), KEY (mtime), "
        "KEY (changed))")
    cursor.execute(f"INSERT INTO t (id, mtime, changed) VALUES (1, {now}123,"
                   f" {now})")
    _, others = described(probe, "t")
    cursors = [line for line in others if line.startswith("cursor ")]
    assert cursors == [
        "cursor updated_at likely=1 index=exact unit=0 zone=0",
        "cursor mtime likely=1 index=mtime unit=2 zone=0",
        "cursor changed likely=1 index=changed unit=1 zone=0",
        "cursor id likely=0 index=PRIMARY unit=1 zone=0",
        "cursor created_at likely=0 index=by_created unit=0 zone=1",
        "cursor seen likely=0 index=- unit=0 zone=1"]


def test_a_thousand_tables_take_few_questions(server, probe):
    cursor = cursor_of(probe)
    names = [f"t{i:04d}" for i in range(1000)]
    for name in names:
        cursor.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, "
                       "updated_at DATETIME, KEY (updated_at))")
    cursor.execute("INSERT INTO t0500 VALUES (1, '2024-01-01 10:00:00')")

    def questions():
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Com_select'")
        return int(cursor.fetchone()[1])
    assert probe.run("names").splitlines() == names
    probe.run("facts")
    before = questions()
    probe.run("facts")
    fixed = questions() - before
    before = questions()
    started = time.monotonic()
    text = probe.run("describe", *names)
    took = time.monotonic() - started
    assert text.count("index=PRIMARY unit") == 1000
    assert questions() - before - fixed <= 30
    before = questions()
    maxima = dict(line.split() for line in
                  probe.run("maxima", "updated_at", *names).splitlines())
    assert questions() - before - fixed <= 45
    assert maxima["t0500"] == "1704103200999999"
    assert maxima["t0501"] == str(-2 ** 63)
    print(f"describe of 1000 tables: {took:.2f} s")
    assert took < 10


def test_rows_that_no_window_reaches_are_counted(server, probe):
    cursor = cursor_of(probe)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, u DATETIME, "
                   "n BIGINT UNSIGNED, KEY (u), KEY (n))")
    cursor.execute("INSERT INTO t VALUES (1, '2024-01-01', 1704067200), "
                   "(2, NULL, NULL), (3, '2099-01-01', 4070908800), "
                   "(4, NULL, 1), (5, '0000-00-00', 5)")
    future = 1767225600 * 1000000  # 2026-01-01
    assert probe.values("strays", "t", "u", future) == {
        "nulls": "2", "zeros": "1", "futures": "1"}
    assert probe.values("strays", "t", "n", future) == {
        "nulls": "1", "zeros": "0", "futures": "1"}


def test_grants_are_enough(server, probe):
    """What is printed gives an account that can do all of this."""
    user = probe.database
    url = probe.server.url(probe.database).replace("//sync@", f"//{user}@")
    lines = probe.run("grants", url=url).strip().splitlines()
    assert len(lines) == 2 and lines[0].startswith("GRANT SELECT ON `t\\_")
    cursor = cursor_of(probe)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    cursor.execute("INSERT INTO t VALUES (1), (2)")
    cursor.execute(f"CREATE USER {user}@'%' IDENTIFIED BY 'pass-word-1'")
    try:
        for line in lines:
            cursor.execute(line)
        options = {"url": url, "LAB_PASSWORD": "pass-word-1"}
        assert "proved=1" in probe.run("facts", **options)
        assert probe.pages("t", 10, **options)["rows"] == 2
        other = url.rsplit("/", 1)[0] + "/mysql"
        assert "error=TM2003" in probe.run("describe", "user", url=other,
                                           LAB_PASSWORD="pass-word-1")
    finally:
        cursor.execute(f"DROP USER {user}@'%'")
