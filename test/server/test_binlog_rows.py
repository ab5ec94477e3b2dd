"""Two roads, one row: what the log gives is what a scan gives, cell by cell.

Rows events of real servers, decoded by binlog_rows_probe.c, are folded by key
and version as the warehouse would, and compared with a scan of the same
tables: values and digests. TIDEMARK_NIGHTLY=1 tries ten times as many tables.
"""

import json
import os
import random
import struct

import pytest

from binlog_rows import Place, Roads, build, differences
from judge.generator import generate, load, random_changes

FLAVOURS = {"mariadb": "mariadb1011", "mariadb-new": "mariadb1011",
            "mysql": "mysql97"}
TABLES = 100 if os.environ.get("TIDEMARK_NIGHTLY") else 10
NO_NAMES = {"mysql": "MINIMAL", "mariadb": "NO_LOG", "mariadb-new": "NO_LOG"}


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    return os.environ.get("BINLOG_ROWS_PROBE") or \
        build(tmp_path_factory.mktemp("binlog_rows"))


@pytest.fixture(params=["mysql", "mariadb", "mariadb_new"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def roads(server, program, make_database):
    yield Roads(program, server, make_database(server))
    server.query("SET GLOBAL binlog_row_metadata = FULL")


@pytest.fixture
def mysql_roads(mysql, program, make_database):
    return Roads(program, mysql, make_database(mysql))


@pytest.fixture
def mariadb_roads(mariadb, program, make_database):
    return Roads(program, mariadb, make_database(mariadb))


def _run(roads, *statements):
    for sql in statements:
        roads.server.query(sql, database=roads.database)


def _logged(roads, *statements):
    """Place before the statements."""
    place = Place(roads.server)
    _run(roads, *statements)
    return place


def _fill(roads, seeds, image="FULL", **options):
    with roads.server.admin(roads.database) as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"SET binlog_row_image = {image}")
        for seed in seeds:
            made = generate(seed, FLAVOURS[roads.server.kind], rows=120,
                            has_key=True, **options)
            load(connection, made)
            for turn in range(2):
                random_changes(connection, made.description, turn)


def _unlike(log, scan):
    """Rows that differ and that the log did not tell to read again."""
    told = {(table, str(key)) for table, keys in log.keys.items()
            for key in keys}
    found = []
    for place in set(log.live) | set(scan.live):
        left, right = log.live.get(place), scan.live.get(place)
        if right and (place[0], str(json.loads(right["position"]))) in told:
            continue
        if not left or not right or left["digest"] != right["digest"]:
            found.append(place)
    return found


@pytest.mark.parametrize("names", [True, False])
def test_every_cell_of_random_tables(names, roads):
    if not names:
        level = NO_NAMES[roads.server.kind]
        roads.server.query(f"SET GLOBAL binlog_row_metadata = {level}")
    place = Place(roads.server)
    _fill(roads, range(TABLES))
    log, scan = roads.log(place), roads.scan("positions")
    assert all("FULL" in line["changed"]
               for line in log.said.get("changed", []) if not names)
    assert names <= ("changed" not in log.said)
    unread = {line["table"] for line in log.said.get("changed", [])}
    unlike = [found for found in _unlike(log, scan)
              if found[0] not in unread]
    assert not unlike, differences(log, scan)
    # 11.8 leaves generated columns out of updates.
    assert roads.server.kind == "mariadb-new" or not log.keys
    assert len(log.live) > 40 * TABLES


@pytest.mark.parametrize("image", ["MINIMAL", "NOBLOB"])
def test_rows_that_are_not_whole_are_told_by_key(image, roads):
    """A key in the log is the position that a scan gives of that row."""
    place = Place(roads.server)
    _fill(roads, range(50, 50 + TABLES), image)
    log, scan = roads.log(place), roads.scan("positions")
    assert not _unlike(log, scan), differences(log, scan)
    assert log.keys or image == "NOBLOB"
    assert log.said["seen"][0]["unknown"] == 0 or image == "MINIMAL"


def test_a_document_is_the_text_of_the_server(mysql_roads):
    roads = mysql_roads
    opaque = [
        "CAST('2024-02-29' AS DATE)", "CAST('10:11:12.5' AS TIME(1))",
        "CAST('-838:59:59' AS TIME)", "CAST('-00:00:00.000001' AS TIME(6))",
        "CAST('2024-02-29 23:59:59.999999' AS DATETIME(6))",
        "CAST(1.50 AS DECIMAL(10,2))", "CAST(-0.00 AS DECIMAL(4,2))",
        f"CAST({'9' * 65} AS DECIMAL(65,0))", "-0e0", "NULL", "1 = 1",
        "CAST(-0.000000000000000000000000000001 AS DECIMAL(30,30))",
        "CAST(x'00ff41' AS BINARY(3))", "REPEAT(x'ff', 60)",
        "REPEAT(x'00', 200)", "b'101'", "YEAR('2024-01-01')",
        "ST_GeomFromText('POINT(1 2)')", "REPEAT('x', 70000)",
        "CAST(0.1 AS FLOAT)", "CAST(18446744073709551615 AS UNSIGNED)",
        "CONCAT(CHAR(0), CHAR(1), CHAR(31), CHAR(127), '/\\\\\"')"]
    place = _logged(
        roads, "CREATE TABLE j (id INT PRIMARY KEY AUTO_INCREMENT, j JSON)",
        "CREATE TABLE n (id INT PRIMARY KEY, j JSON NOT NULL)",
        *(f"INSERT INTO j (j) VALUES (JSON_OBJECT('k', {value})), "
          f"(JSON_ARRAY({value}, 1, {value}))" for value in opaque),
        "INSERT INTO j (j) VALUES ('" + "[" * 100 + "]" * 100 + "'), ('"
        + "[" + ",".join(str(i * 77777) for i in range(30000)) + "]')",
        "SET sql_mode = ''; INSERT IGNORE INTO n VALUES (1, NULL), (2, '{}')",
        *_doubles())
    log, scan = roads.log(place), roads.scan()
    assert len(scan.live) > 700
    assert not differences(log, scan), differences(log, scan)


def _doubles():
    draw = random.Random(11)
    values = []
    for _ in range(300):
        values += [
            struct.unpack("<d", struct.pack("<Q", draw.getrandbits(64)))[0],
            2.0 ** draw.randint(-1074, 1023), 10.0 ** draw.randint(-30, 30),
            float(draw.getrandbits(draw.randint(1, 70))) + .5]
    texts = [f"('[{value!r}]')" for value in values
             if value - value == 0 and value != int(value)]
    return [f"INSERT INTO j (j) VALUES {', '.join(texts[at:at + 200])}"
            for at in range(0, len(texts), 200)]


def test_addresses_are_written_as_the_server_does(mariadb_roads):
    roads = mariadb_roads
    draw = random.Random(3)
    rows = []
    for i in range(800):
        parts = [draw.choice([0, 0, 0xffff, draw.getrandbits(16)])
                 for _ in range(8)]
        rows.append(f"({i}, '{':'.join(f'{part:x}' for part in parts)}')")
    place = _logged(
        roads, "CREATE TABLE a (id INT PRIMARY KEY, six INET6)",
        "INSERT INTO a VALUES " + ", ".join(rows),
        "INSERT INTO a VALUES (-1, '::'), (-2, '::1'), (-3, '::1.2.3.4'), "
        "(-4, '::ffff:1.2.3.4'), (-5, '::ffff:0:0'), (-6, '1::'), "
        "(-7, '::1:0:0'), (-8, '::0.0.1.0'), (-9, '0:0:0:0:0:ffff:1::')")
    log, scan = roads.log(place), roads.scan()
    assert len(scan.live) == 809
    assert not differences(log, scan), differences(log, scan)


def test_a_changed_key_is_a_delete_and_a_row(roads):
    place = _logged(
        roads, "CREATE TABLE k (a INT, b VARCHAR(9), v INT, "
        "PRIMARY KEY (a, b)); "
        "CREATE TABLE d (f DOUBLE PRIMARY KEY, v INT)",
        "INSERT INTO k VALUES (1, 'x', 1), (2, 'y', 2), (3, 'z', 3)",
        "UPDATE k SET a = a + 10 ORDER BY a DESC",
        "UPDATE k SET a = 99 WHERE b = 'x'; UPDATE k SET a = 11 WHERE a = 12; "
        "UPDATE k SET a = 12, v = 7 WHERE a = 99; "
        "DELETE FROM k WHERE b = 'z'",
        "INSERT INTO d VALUES (0, 1), (1, 1)",
        "UPDATE d SET f = -0e0 WHERE f = 0; UPDATE d SET v = 8")
    log, scan = roads.log(place), roads.scan()
    assert not differences(log, scan), differences(log, scan)
    gone = {key for (table, key), row in log.rows.items()
            if row["deleted"] and table == "k"}
    assert len(gone) == 7 and len(log.live) == 4
    assert all(row["digest"] == "0" * 16 for row in log.rows.values()
               if row["deleted"])


def test_a_deleted_row_keeps_its_last_values_where_they_are_wanted(roads):
    place = _logged(
        roads, "CREATE TABLE k (a INT PRIMARY KEY, b VARCHAR(9))",
        "INSERT INTO k VALUES (1, 'x'); DELETE FROM k")
    (row,) = roads.log(place).rows.values()
    assert row["deleted"] == 1 and row["cells"]["b"] is None
    (row,) = roads.log(place, "mark").rows.values()
    assert row["deleted"] == 1 and row["cells"]["b"] == b"x".hex()


def test_dates_that_are_no_days(roads):
    place = _logged(
        roads, "CREATE TABLE z (a INT PRIMARY KEY, d DATE, t DATETIME(3), "
        "s TIMESTAMP(6) NULL, y YEAR, h TIME(6))",
        "SET sql_mode = ''; INSERT INTO z VALUES "
        "(1, '2024-02-00', '0000-00-00', '0000-00-00', 0, '-00:00:00.000001'),"
        "(2, '0000-00-00', '2024-00-01 10:00:00.5', '2038-01-19 03:14:07.999',"
        " 1901, '838:59:59'), (3, '9999-12-31', '9999-12-31 23:59:59.999',"
        " '1970-01-01 00:00:01', 2155, '-838:59:59')")
    log, scan = roads.log(place, "dates=null"), roads.scan("dates=null")
    assert not differences(log, scan), differences(log, scan)
    assert len(scan.live) == 3
    log = roads.log(place)
    assert "\"d\" of table \"z\", row with a=1: 2024-02-00 has no value" in \
        log.said["bad"][0]["bad"]


@pytest.mark.parametrize("level", ["FULL", "NO_LOG"])
@pytest.mark.parametrize("kind", ["mariadb", "mariadb_new"])
def test_history_of_a_versioned_table_is_no_row(
        kind, level, request, program, make_database):
    server = request.getfixturevalue(kind)
    roads = Roads(program, server, make_database(server))
    server.query(f"SET GLOBAL binlog_row_metadata = {level}")
    place = _logged(
        roads, "CREATE TABLE v (a INT PRIMARY KEY, b INT) "
        "WITH SYSTEM VERSIONING; "
        "CREATE TABLE w (a INT PRIMARY KEY, b INT, "
        "s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, "
        "e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, "
        "PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
        *(f"INSERT INTO {name} (a, b) VALUES (1, 1), (2, 2), (3, 3); "
          f"UPDATE {name} SET b = 7 WHERE a = 1; "
          f"DELETE FROM {name} WHERE a = 2; "
          f"UPDATE {name} SET a = 30 WHERE a = 3; "
          f"DELETE HISTORY FROM {name}" for name in "vw"))
    server.query("SET GLOBAL binlog_row_metadata = FULL")
    log, scan = roads.log(place), roads.scan("positions")
    assert len(scan.live) == 4
    assert not _unlike(log, scan), differences(log, scan)


def test_partial_documents_are_told_by_key(mysql_roads):
    roads = mysql_roads
    place = _logged(
        roads, "CREATE TABLE j (id INT PRIMARY KEY, t TEXT, j JSON, k JSON)",
        "INSERT INTO j VALUES (1, 'x', JSON_OBJECT('a', REPEAT('x', 900)), "
        "'{}'), (2, 'y', '[1, 2, 3]', '[]')",
        "SET binlog_row_value_options = PARTIAL_JSON; "
        "UPDATE j SET j = JSON_SET(j, '$.b', 1), t = 'z' WHERE id = 1; "
        "UPDATE j SET t = 'q' WHERE id = 2")
    log, scan = roads.log(place), roads.scan("positions")
    assert log.keys == {"j": [["1"]]}
    assert not _unlike(log, scan), differences(log, scan)


def read_changed(roads, change):
    """One row of a table, read after the table was changed."""
    place = _logged(
        roads, "CREATE TABLE t (a INT, k INT NOT NULL, b INT, "
        "c VARCHAR(9) CHARACTER SET utf8mb4, e ENUM('x', 'y'), "
        "PRIMARY KEY (a))",
        "INSERT INTO t VALUES (1, 1, 1, 'a', 'x')", f"ALTER TABLE t {change}")
    return roads.log(place)


@pytest.mark.parametrize("change, reason", [
    ("MODIFY b INT UNSIGNED", "type"),
    ("MODIFY c VARCHAR(9) CHARACTER SET latin1", "c"),
    ("MODIFY c BLOB", "c"), ("MODIFY b INT NOT NULL", "NULL"),
    ("MODIFY e ENUM('x', 'z')", "labels"),
    ("DROP PRIMARY KEY, ADD PRIMARY KEY (a, k)", "key")])
def test_a_table_that_changed_is_not_read(change, reason, roads):
    """The log has the old table, the description is the new one."""
    log = read_changed(roads, change)
    assert reason in log.said["changed"][0]["changed"]
    assert not log.rows


@pytest.mark.parametrize("change", [
    "MODIFY b BIGINT", "DROP COLUMN c", "ADD COLUMN n INT",
    "RENAME COLUMN b TO bb"])
def test_a_table_whose_columns_came_and_went_is_read(change, roads):
    """What the other side lacks is left out."""
    log = read_changed(roads, change)
    assert "changed" not in log.said and len(log.rows) == 1


def test_names_in_the_log_are_enough_for_mysql_alone(roads):
    place = _logged(roads, "CREATE TABLE t (a INT PRIMARY KEY)",
                    "INSERT INTO t VALUES (1)")
    log = roads.log(place, "nolayout")
    assert len(log.live) == (roads.server.kind == "mysql")


def test_an_after_image_without_what_did_not_change(
        mariadb_new, program, make_database):
    roads = Roads(program, mariadb_new, make_database(mariadb_new))
    place = _logged(
        roads, "CREATE TABLE t (a INT PRIMARY KEY, b TEXT, c INT)",
        "SET binlog_row_image = FULL_NODUP; INSERT INTO t VALUES "
        "(1, 'x', 1), (2, 'y', 2); UPDATE t SET c = 7; "
        "UPDATE t SET a = 9 WHERE a = 2")
    log, scan = roads.log(place), roads.scan()
    assert not log.keys
    assert not differences(log, scan), differences(log, scan)


def test_types_of_old_servers(mariadb_roads):
    roads = mariadb_roads
    server = roads.server
    server.query("SET GLOBAL mysql56_temporal_format = OFF")
    try:
        place = _logged(
            roads, "CREATE TABLE o (a INT PRIMARY KEY, t TIME, d DATETIME, "
            "s TIMESTAMP NULL)", "CREATE TABLE f (a INT PRIMARY KEY, "
            "t TIME(3))")
        _run(roads, "INSERT INTO o VALUES (1, '-838:59:59', "
             "'9999-12-31 23:59:59', '2038-01-19 03:14:07'), "
             "(2, '00:00:01', '1000-01-01', '1970-01-01 00:00:01'), "
             "(3, '-00:00:01', NULL, NULL); INSERT INTO f VALUES (1, 1)")
    finally:
        server.query("SET GLOBAL mysql56_temporal_format = ON")
    log, scan = roads.log(place, "o", "f"), roads.scan("o")
    assert not differences(log, scan), differences(log, scan)
    assert len(scan.live) == 3
    assert '"t" has another type' in log.said["changed"][0]["changed"]


def test_columns_that_nobody_reads_are_passed_over(roads):
    """Types without a place, hidden columns, partitions, generated ones."""
    kind = roads.server.kind
    more = "v VECTOR(3), INDEX ((id + 1)), j JSON, " \
        "INDEX ((CAST(j -> '$.a' AS UNSIGNED ARRAY))), " if kind == "mysql" \
        else "c VARCHAR(900) COMPRESSED, b BLOB COMPRESSED, "
    if kind == "mariadb-new":
        more += "v VECTOR(3) NOT NULL, "
    values = "STRING_TO_VECTOR('[1,2,3]'), '{\"a\": [1, 2, 3]}'" \
        if kind == "mysql" else "REPEAT('abc', 300), REPEAT('xyz', 90)"
    if kind == "mariadb-new":
        values += ", VEC_FromText('[1,2,3]')"
    place = _logged(
        roads, f"CREATE TABLE p (id INT PRIMARY KEY, {more} last INT, "
        "i INT INVISIBLE DEFAULT 5, g INT AS (last + 1) VIRTUAL) "
        "PARTITION BY HASH (id) PARTITIONS 3"
        if kind != "mysql" else
        f"CREATE TABLE p (id INT PRIMARY KEY, {more} last INT, "
        "i INT INVISIBLE DEFAULT 5, g INT AS (last + 1) VIRTUAL)",
        *(f"INSERT INTO p VALUES ({i}, {values}, {i * 7}, DEFAULT)"
          for i in range(20)),
        "UPDATE p SET last = 1 WHERE id = 3; DELETE FROM p WHERE id = 4",
        "CREATE TABLE q (id INT PRIMARY KEY, last INT) "
        "PARTITION BY HASH (id) PARTITIONS 3",
        "INSERT INTO q VALUES (1, 1), (2, 2); UPDATE q SET id = 7 "
        "WHERE id = 1; DELETE FROM q WHERE id = 2")
    log, scan = roads.log(place), roads.scan("positions")
    assert len(scan.live) == 20 and "v" not in scan.cells("p")[0]
    assert not _unlike(log, scan), (log.said, differences(log, scan))
