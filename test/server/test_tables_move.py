"""Tables that go, change their names or lose an index between the questions
by which they are described: the others are read all the same, and the log is
followed on."""

import signal

import pytest

from own import mariadb, mysql  # noqa: F401
from rig import Rig

MOVES = {
    "dropped": ["DROP TABLE b"],
    "renamed": ["RENAME TABLE b TO b_old"],
    "swapped": ["CREATE TABLE b_new (id INT PRIMARY KEY, z INT)",
                "INSERT INTO b_new VALUES (7, 7)",
                "RENAME TABLE b TO b_old, b_new TO b"],
    "without a column": ["ALTER TABLE b DROP COLUMN at, DROP KEY at"],
    "without an index": ["ALTER TABLE b DROP KEY at"]}


@pytest.fixture(params=["mariadb", "mysql", "mariadb_new"])
def rig(request, clickhouse, make_database, tidemark):
    server = request.getfixturevalue(request.param)
    made = Rig(server, clickhouse, make_database(server, clickhouse),
               tidemark)
    made.connection.autocommit(True)
    for name in "abc":
        made.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, at INT, KEY at "
                 "(at))")
        made.sql(f"INSERT INTO {name} VALUES (1, 1), (2, 2)")
    return made


def moved(rig, point, *statements, command="run"):
    """The result of a run in which that happens at the point."""
    running = rig.tidemark.start(
        command, environment={"TIDEMARK_FP": f"{point}=stop@1"})
    assert running.wait_until(running.is_stopped)
    for statement in statements:
        rig.sql(statement)
    running.send(signal.SIGCONT)
    return running


def equal(rig):
    """All that is there now."""
    for name, in rig.sql("SHOW TABLES"):
        rig.equal(name)


@pytest.mark.parametrize("mode", ["cdc", "full"])
@pytest.mark.parametrize("how", MOVES)
def test_while_it_is_described(rig, how, mode):
    rig.settings(tables=[{"*": {"mode": mode}}])
    result = moved(rig, "describe.asked", *MOVES[how]).wait()
    assert "1146" not in result.stderr and "1176" not in result.stderr
    rig.equal("a")
    rig.equal("c")
    rig.run("run")  # may tell that b is gone
    equal(rig)


def test_while_it_is_described_anew_by_a_daemon(rig):
    rig.settings(tables=[{"*": {"mode": "cdc"}}])
    running = moved(rig, "describe.asked", "DROP TABLE b", command="daemon")
    assert running.wait_until(lambda: rig.state(
        "SELECT count(*) FROM tables WHERE life = 'LIVE'") == [(2,)])
    rig.sql("DELETE FROM a WHERE id = 1")
    assert running.wait_until(
        lambda: rig.value("SELECT count() FROM a") == 1, 20)
    result = running.terminate()
    assert result.code == 0, str(result)


CHILD = "CREATE TABLE {} (id INT PRIMARY KEY, CONSTRAINT f_{} FOREIGN KEY " \
    "(id) REFERENCES a (id) ON DELETE CASCADE)"


def test_a_child_that_goes_while_foreign_keys_are_asked_for(rig):
    rig.sql(CHILD.format("d", "d"))
    rig.sql(CHILD.format("e", "e"))
    rig.sql("INSERT INTO d VALUES (1), (2)")
    rig.sql("INSERT INTO e VALUES (1), (2)")
    rig.settings(tables=[{"*": {"mode": "cdc"}}])
    rig.ok("run")
    if rig.source.kind == "mysql":
        return  # its SQL layer logs what cascades do
    rig.sql("DELETE FROM a WHERE id = 1")
    result = moved(rig, "children.listed", "DROP TABLE d",
                   "RENAME TABLE e TO g").wait()
    assert "1146" not in result.stderr, str(result)
    rig.equal("a")
    rig.equal("b")
    rig.sql("DELETE FROM a WHERE id = 2")
    rig.ok("run")
    equal(rig)
