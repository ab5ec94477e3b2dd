"""Keys of awkward names and labels, and what the filter refuses under
deletes: mark."""

import pytest

from rig import Rig


@pytest.fixture
def rig(source, clickhouse, database, tidemark):
    return Rig(source, clickhouse, database, tidemark)


@pytest.mark.parametrize("names", [
    ("id", "from"), ("a\tb",), ("left", "b`c", "d'e"), ("x,y", "z) w"),
    ("back\\slash", "ordinary")])
def test_a_key_of_any_names_is_known_again(rig, names):
    quoted = ["`" + name.replace("`", "``") + "`" for name in names]
    columns = ", ".join(f"{name} INT NOT NULL" for name in quoted)
    rig.sql(f"CREATE TABLE t ({columns}, v INT, u TIMESTAMP NOT NULL DEFAULT "
            f"CURRENT_TIMESTAMP, PRIMARY KEY ({', '.join(quoted)}))")
    values = ", ".join("1" for _ in names)
    rig.sql(f"INSERT INTO t VALUES ({values}, 5, NOW())")
    rig.settings(tables=[{"t": {"mode": "full"}}])
    for _ in range(2):
        rig.ok("run")
        rig.equal("t")


def test_an_enum_with_an_empty_label_is_no_key(rig):
    rig.sql("CREATE TABLE t (e ENUM('x','') PRIMARY KEY, v INT)")
    rig.sql("INSERT INTO t VALUES ('', 1), (0, 2), ('x', 3)")
    rig.settings()
    rig.ok("run")
    assert rig.value("SELECT count() FROM t") == 3


def test_rows_that_never_passed_are_not_shown_as_deleted(rig):
    rig.orders(200)
    rig.settings(deletes="mark", tables=[{"orders": {
        "rows": "state = 'new'", "overlap": "60s"}}])
    rig.ok("run")
    wanted = rig.sql("SELECT COUNT(*) FROM orders WHERE state = 'new'")
    assert rig.value("SELECT count() FROM orders") == wanted[0][0]
    rig.sql("UPDATE orders SET state = 'sent', updated_at = NOW(3) - INTERVAL"
            " 6 SECOND WHERE state = 'new' LIMIT 10")
    rig.sql("DO SLEEP(1)")
    rig.ok("run")
    assert rig.value("SELECT count() FROM orders WHERE _tm_deleted = 0") \
        == wanted[0][0] - 10


def test_labels_in_the_binary_charset(rig):
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a','b') CHARACTER "
            "SET binary, s SET('x','y') CHARACTER SET binary)")
    rig.sql("INSERT INTO t VALUES (1, 'a', 'x,y'), (2, 'b', '')")
    rig.settings()
    rig.ok("run")
    assert rig.rows("SELECT * FROM t ORDER BY id") == [
        [1, "a", "x,y"], [2, "b", ""]]
