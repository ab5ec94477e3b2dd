"""Our decoder says of a log what the servers' own tools say.

Files out of the servers' test packages (scripts/lab-install binlogs; they stay
in the cache), of many versions, damaged ones too; and logs that servers of
today have just written, with every type and every form of event.
TIDEMARK_NIGHTLY=1 tries ten times as many tables.
"""

import os
import re
import subprocess

import pytest

import dump
from judge.generator import generate, load, random_changes
from lab import cache
from lab.servers import MariaDB, MariaDBNew, MySQL

ROOT = os.path.dirname(os.path.dirname(dump.HERE))
PACKAGES = ("mysql-testsuite", "mariadb-test-data")
NIGHTS = 10 if os.environ.get("TIDEMARK_NIGHTLY") else 1
BENT = 300 * NIGHTS

# What does not end well, and how; pieces of names. Everything else is read to
# its end.
ENCRYPTED = ("TM2205", "encrypted; only its server can read it")
PREVIEW = ("TM2205", "file:4: FORMAT_DESCRIPTION, malformed")
EDITED = ("TM2202", "the event that comes there says it ends at")
ENDS = {
    "binlog_before_20574": ENCRYPTED,
    "rpl_nogtid_encryption": ENCRYPTED,
    "ver_5_1-wl2325": PREVIEW,
    "mdev-4645-binlog_checksum": PREVIEW,
    "mdev-4645-binlog_group_id": PREVIEW,
    "binlog_no_fd_event": ("TM2205", "type 48, no format came before it"),
    "binlog_truncated_event": ("TM2205", "FORMAT_DESCRIPTION, its length"),
    "binlog_truncated_prev": ("TM2205", "PREVIOUS_GTIDS, its length"),
    "bug11747416": ("TM2205", "WRITE_ROWS_V1, its length is wrong"),
    "mdev-39404": ("TM2205", "MARIADB_GTID, wrong checksum"),
    "duplicate_xid.": ("TM2205", "XID, wrong checksum"),
    "duplicate_xid_ddl": ("TM2205", "QUERY, wrong checksum"),
    "duplicate_xid_xa_prepare": ("TM2205", "XA_PREPARE, wrong checksum"),
    "malformed_xid_xa": ("TM2205", "QUERY, wrong checksum"),
    # Events were cut out by hand, or stood in another file before.
    "ddl_in_transaction": EDITED, "duplicate_xid_xa_commit": EDITED,
    "duplicate_xid_xa_rollback": EDITED, "orphan_": EDITED,
    "bug33029": EDITED, "rpl_gipk_equivalent_key": EDITED,
    "rpl_no_gipk_high": EDITED, "rpl_unfiltered_hidden": EDITED,
    "corrupt-relay-bin": EDITED, "invalid_row_v2_tag": EDITED}
# Read with holes, as a dump by GTID may have them, they still end so.
LOOSE_ENDS = {
    "rpl_gipk_equivalent_key": EDITED, "rpl_no_gipk_high": EDITED,
    "corrupt-relay-bin": EDITED,
    "invalid_row_v2_tag": ("TM2205", "WRITE_ROWS, malformed")}
# The tools give these up and we do not.
ONLY_OURS = ("bug40482",)
FEWEST = {"INT": 36000, "STRING": 23900, "VARSTRING": 100, "LONGINT": 60}


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    return os.environ.get("BINLOG_FILE") or \
        dump.build(tmp_path_factory.mktemp("binlog_file"))


@pytest.fixture(scope="session")
def files():
    subprocess.run([os.path.join(ROOT, "scripts", "lab-install"), "binlogs"],
                   check=True)
    found = [os.path.join(cache.find(f"{package}-[0-9]*"), name)
             for package in PACKAGES
             for name in sorted(os.listdir(
                 cache.find(f"{package}-[0-9]*")))]
    assert len(found) > 80
    return found


def end_of(path, ends):
    found = [name for name in ends if name in os.path.basename(path)]
    return ends[max(found, key=len)] if found else None


def is_as_told(reading, wanted):
    return reading.error is None if wanted is None else \
        reading.error == wanted[0] and wanted[1] in reading.what


def best_dump(path):
    """By the tool of the server that wrote it, if that reads it; MySQL's does
    not read all old rows any more."""
    tools = [MySQL.tool("mysqlbinlog"), MariaDBNew.tool("mariadb-binlog")]
    with open(path, "rb") as file:
        if b"MariaDB" in file.read(100):
            tools.reverse()
    first = dump.Dump(tools[0], path)
    second = dump.Dump(tools[1], path) if first.code else first
    return first if second.code else second


def test_every_file_ends_as_it_should(program, files):
    wrong = []
    for path in files:
        reading = dump.Reading(program, path)
        if not is_as_told(reading, end_of(path, ENDS)):
            wrong.append((path, reading.error, reading.what))
    assert not wrong
    for name in ENDS:
        assert any(name in os.path.basename(path) for path in files), name


def holds_other_places(path):
    """A relay log: its places are those of another file."""
    with open(path, "rb") as file:
        return b"relay" in path.encode() or re.search(
            rb"\x04.{8}\0\0\0\0\x20\0", file.read(400), re.DOTALL)


def test_every_event_and_image_of_the_files(program, files):
    wrong, counts = {}, dump.collections.Counter()
    for path in files:
        reading = dump.Reading(program, path)
        is_loose = reading.error == "TM2202"
        if is_loose:
            reading = dump.Reading(program, path, "loose")
            assert is_as_told(reading, end_of(path, LOOSE_ENDS)), \
                (path, reading.what)
        shown = best_dump(path)
        if any(name in path for name in ONLY_OURS):
            assert shown.code
            continue
        found = dump.differences(
            shown, reading, not is_loose and not holds_other_places(path))
        if found:
            wrong[path] = found[:3]
        counts += dump.compared_cells(shown.images, reading.images)
    assert not wrong
    assert {name: counts[name] for name in FEWEST
            if counts[name] < FEWEST[name]} == {}, counts


@pytest.mark.parametrize("mend", [[], ["mend"]], ids=["as-is", "mended"])
def test_bent_files_end_in_an_error_or_are_the_same(program, files, mend):
    """Memory and time are limited by the program itself."""
    errors = dump.collections.Counter()
    for number, path in enumerate(files):
        if not is_as_told(dump.Reading(program, path), None) or \
                os.path.getsize(path) > 200000:
            continue
        result = subprocess.run(
            [program, path, "bend", str(number), str(BENT), *mend],
            capture_output=True, text=True, timeout=120, check=False)
        assert result.returncode == 0, (path, result)
        told = dump.json.loads(result.stdout)
        errors.update(told["errors"])
        assert told.get("other", 0) + told.get("same", 0) == BENT
        if not mend and has_checksums(path):
            assert "other" not in told, (path, told)
    assert errors["TM2205"] > BENT and errors["TM2202"] > BENT
    assert set(errors) <= {"TM2202", "TM2205", "TM2206"}, errors


def has_checksums(path):
    with open(path, "rb") as file:
        data = file.read(4 + 300)
    length = int.from_bytes(data[13:17], "little")
    version = re.search(rb"(\d+)\.(\d+)\.(\d+)", data[25:75]).groups()
    return tuple(map(int, version)) >= (5, 6, 1) and \
        data[4 + length - 5] == 1


# --- logs of today -----------------------------------------------------------

FLAVOURS = {"mysql": "mysql97", "mariadb": "mariadb1011",
            "mariadb-new": "mariadb1011"}


@pytest.fixture(params=[MySQL, MariaDB, MariaDBNew], ids=lambda kind:
                kind.kind)
def server(request, start_server):
    server = start_server(request.param, binlog_rows_query_log_events=None)
    server.query("CREATE DATABASE d")
    return server


def written(server):
    """Paths of the logs so far, which no one writes to any more."""
    server.query("FLUSH BINARY LOGS")
    return [os.path.join(server.data(), name[0])
            for name in server.query("SHOW BINARY LOGS")[:-1]]


def compare(program, server):
    name = "mysqlbinlog" if server.kind == "mysql" else "mariadb-binlog"
    counts, types = dump.collections.Counter(), dump.collections.Counter()
    for path in written(server):
        shown = dump.Dump(server.tool(name), path)
        assert shown.code == 0, shown.complaint
        reading = dump.Reading(program, path)
        assert reading.error is None, reading.what
        found = dump.differences(shown, reading)
        assert not found, found[:5]
        counts += dump.compared_cells(shown.images, reading.images)
        types.update(event["type"] for event in reading.events)
    return counts, types


def fill(server, seeds, *settings):
    with server.admin("d") as connection:
        with connection.cursor() as cursor:
            for setting in settings:
                cursor.execute(setting)
        for seed in seeds:
            made = generate(seed, FLAVOURS[server.kind], rows=60,
                            has_key=True)
            if has_shapes(made):
                continue
            load(connection, made)
            random_changes(connection, made.description, 1)


def has_shapes(made):
    """The tools give a row up at a geometry."""
    return re.search("GEOMETRY|POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION",
                     made.create_sql)


@pytest.mark.parametrize("image", ["FULL", "MINIMAL", "NOBLOB"])
def test_random_tables(program, server, image):
    """Every type; MySQL's tool alone tells documents."""
    first = {"FULL": 0, "MINIMAL": 100, "NOBLOB": 200}[image]
    fill(server, range(first, first + 12 * NIGHTS),
         f"SET binlog_row_image = {image}")
    counts, _ = compare(program, server)
    for name in dump.TYPES_OF_OURS - {"JSON"}:
        assert counts[name] > 0 or image == "NOBLOB", (name, counts)
    assert image == "NOBLOB" or \
        (counts["JSON"] > 10) == (server.kind == "mysql"), counts


MORE = {
    "mysql": [
        "SET binlog_transaction_compression = ON",
        "INSERT INTO j VALUES (1, '{\"a\": [1, 2.5, null]}', 'x')",
        "BEGIN; INSERT INTO j VALUES (2, '[true]', REPEAT('y', 9000)); "
        "UPDATE j SET t = 'z'; DELETE FROM j WHERE id = 1; COMMIT",
        "SET binlog_transaction_compression = OFF",
        "SET binlog_row_value_options = PARTIAL_JSON",
        "INSERT INTO j VALUES (3, JSON_OBJECT('k', REPEAT('w', 900), "
        "'n', 1), 'x')",
        "UPDATE j SET j = JSON_SET(j, '$.n', 2) WHERE id = 3",
        "SET binlog_rows_query_log_events = ON",
        "SET gtid_next = 'AUTOMATIC:tag_1'",
        "INSERT INTO j VALUES (4, NULL, NULL)",
        "SET gtid_next = AUTOMATIC"],
    "mariadb": [
        "SET GLOBAL log_bin_compress = ON",
        f"SET @u = '{'u' * 300}'", "SET binlog_format = STATEMENT",
        f"INSERT INTO j VALUES (0, NULL, '{'u' * 300}')",
        "SET binlog_format = ROW",
        "SET GLOBAL log_bin_compress_min_len = 10",
        "INSERT INTO j VALUES (1, '[1]', REPEAT('y', 9000)), (2, NULL, 'a')",
        "UPDATE j SET t = REPEAT('z', 999)", "DELETE FROM j WHERE id = 1",
        "SET GLOBAL log_bin_compress = OFF"]}


def test_every_form_of_event(program, server):
    """Payloads, partial documents, compressed rows, tags, XA, statements."""
    kind = "mysql" if server.kind == "mysql" else "mariadb"
    statements = [
        "CREATE TABLE j (id INT PRIMARY KEY, j JSON, t LONGTEXT)",
        *MORE[kind],
        "XA START 'a', 'b', 7; INSERT INTO j VALUES (9, NULL, 'x'); "
        "XA END 'a', 'b', 7; XA PREPARE 'a', 'b', 7",
        "XA COMMIT 'a', 'b', 7",
        "SET binlog_format = STATEMENT",
        "INSERT INTO j (id, t) VALUES (10, CONCAT(RAND(), @@hostname))"
        if kind == "mariadb" else "INSERT INTO j (id) VALUES (10)",
        "SET @u = 5", "INSERT INTO j (id) SELECT @u + 20",
        "CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
        "INSERT INTO a (v) VALUES (1)",
        "SET binlog_format = ROW", "SAVEPOINT s",
        "BEGIN; INSERT INTO a (v) VALUES (2); SAVEPOINT s; "
        "INSERT INTO a (v) VALUES (3); ROLLBACK TO s; COMMIT",
        "TRUNCATE a", "DROP TABLE a"]
    with server.admin("d") as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            while cursor.nextset():
                pass
    _, types = compare(program, server)
    wanted = {"XA_PREPARE", "USER_VAR", "INTVAR", "QUERY", "XID"} | (
        {"TRANSACTION_PAYLOAD", "PARTIAL_UPDATE_ROWS", "GTID_TAGGED",
         "ROWS_QUERY", "GTID"} if kind == "mysql" else
        {"MARIADB_GTID", "QUERY_COMPRESSED", "ANNOTATE_ROWS"})
    assert wanted <= set(types), wanted - set(types)
