"""The grants that are printed are enough, and none of them is idle."""

import re

import pytest

from script import Script

from lab.clickhouse import ClickHouse

PASSWORD = "only-for-this-test"
COLUMNS = [dict(name="id", kind="uint"), dict(name="n", kind="int", width=2)]
WIDER = [COLUMNS[0], dict(name="n", kind="int", width=8),
         dict(name="s", kind="text")]


def users(grants):
    lines = "".join(f"<query>{grant}</query>" for grant in grants)
    user = "<networks><ip>::/0</ip></networks><profile>default</profile>" \
        "<quota>default</quota>"
    return f"""<clickhouse><profiles><default/></profiles>
        <quotas><default/></quotas><users>
        <default><password/>{user}</default>
        <loader><password>{PASSWORD}</password>{user}
        <grants>{lines}</grants></loader></users></clickhouse>"""


@pytest.fixture
def start(start_server, conformance, tmp_path):
    """start(grants): a script of a user who has these and no more."""
    scripts = []

    def begin(grants):
        path = tmp_path / f"users-{len(scripts)}.xml"
        path.write_text(users(grants))
        server = start_server(ClickHouse, users_config=str(path))
        scripts.append(Script(
            conformance, f"clickhouse://loader@127.0.0.1:{server.port}/shop",
            password=PASSWORD))
        return scripts[-1]
    yield begin
    for script in scripts:
        script.close()


def whole_life(script):
    """Statuses of everything that a table goes through."""
    statuses = [script.opened["status"]]

    def ask(command, **arguments):
        statuses.append(script.ask(command, **arguments)["status"])

    def load(row, **more):
        ask("begin", **more)
        if statuses[-1] == "ok":
            ask("put", rows=[row])
            ask("finish")
            script.end()
    for name, key in (("t", ["id"]), ("u", [])):
        script.table(name=name, columns=COLUMNS, key=key)
        ask("plan")
        ask("prepare")
        load([1, 2])
        ask("highest")
        ask("size")
        ask("seeds")
    script.table(name="t", columns=WIDER, key=["id"])
    ask("prepare")
    load([1, 2, "x"])
    copy = script.ask("beside", keeps=False)
    statuses.append(copy["status"])
    load([1, 2, "x"], beside=True)
    ask("swap", token=copy.get("token", ""))
    return statuses


def printed(script):
    """The statements as a users.xml takes them: without TO."""
    lines = script.grants()["text"].splitlines()
    assert all(re.fullmatch(r"GRANT .+ TO `loader`;", line)
               for line in lines)
    return [line.replace(" TO `loader`;", "") for line in lines]


def test_what_is_printed_is_enough(start):
    grants = printed(start([]))
    assert set(whole_life(start(grants))) == {"ok"}


def test_each_is_needed(start):
    grants = printed(start([]))
    rights = [right.strip() for right in
              re.match(r"GRANT (.*) ON `shop`\.\*", grants[0])[1].split(",")]
    fewer = [["GRANT " + ", ".join(rights[:i] + rights[i + 1:])
              + " ON `shop`.*"] + grants[1:] for i in range(len(rights))]
    # Who lacks the last goes on, and waits for no load of a dead process.
    assert grants[-1] == "GRANT SELECT ON system.processes"
    fewer += [grants[:i] + grants[i + 1:] for i in range(1, len(grants) - 1)]
    for some in fewer:
        assert "action" in whole_life(start(some)), some


def test_what_is_missing_is_named(start):
    script = start(["GRANT SELECT ON shop.*"])
    script.table(name="t", columns=COLUMNS, key=["id"])
    answer = script.ask("prepare")
    assert (answer["status"], answer["id"]) == ("action", "TM3003")
    assert "CREATE DATABASE" in answer["what"]
