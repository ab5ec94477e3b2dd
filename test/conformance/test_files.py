"""The folder of files: its format, its layouts, and hostile folders."""

import gzip
import json
import os
import shutil
import subprocess

import pytest

from files_bench import LONG, PLAIN, ROWS, SMALL, FilesBench
from houses import FilesHouse
from script import Script


@pytest.fixture
def bench(conformance, tmp_path):
    made = FilesBench(conformance, FilesHouse(tmp_path / "house"))
    yield made
    made.close()


# the format


def test_the_line_of_a_part_tells_all_of_it(bench):
    script = bench.start()
    script.load(ROWS, version=7)
    table, part = bench.house.manifest("t")
    layout = {"key": ["id"], "columns": [
        {"name": "id", "type": "uint64", "nullable": False, "seed": "id"},
        {"name": "s", "type": "text", "nullable": False, "seed": "s"}]}
    assert table == {"table": "t", **layout}
    name = part.pop("name")
    assert name in bench.names()
    size = os.path.getsize(bench.path(name))
    digits = part.pop("xxh3")
    assert name == "conformance%2Fscan-0000000000000001-0000000000000007-1-1" \
        f"-{digits}.ndjson.gz"
    assert part == {"rows": 2, "bytes": size, "lowest_version": 7,
                    "highest_version": 7, "part": 1, "parts": 1, **layout}


def test_lines_are_these_bytes(bench):
    columns = [dict(name="a \"b\"", kind="int"), dict(name="t", kind="time"),
               dict(name="u", kind="time", scale=3),
               dict(name="d", kind="datetime"),
               dict(name="z", kind="timestamp"), dict(name="y", kind="date"),
               dict(name="f", kind="float"), dict(name="x", kind="bytes"),
               dict(name="c", kind="decimal", precision=6, scale=2),
               dict(name="n", kind="text", nullable=True)]
    script = bench.open()
    script.table(name="t", columns=columns, key=["a \"b\""])
    script.prepare()
    script.load([[-5, -1000000, 1500000, 0, -1, 59, "0.1", "fffe00", "-1.5",
                  None], [3, 0, 0, 0, 0, 0, "2.5e300", "", "0", "\n\u00e9"]],
                version=9)
    with gzip.open(bench.path(bench.parts()[0])) as file:
        lines = file.read().decode().splitlines()
    assert [json.loads(line)["_tm_deleted"] for line in lines] == [0, 0]
    cells = [line.partition("\"_tm_digest\":")[2].partition(",")[2]
             for line in lines]
    assert cells[0] == (
        '"a \\"b\\"":-5,"t":"-00:00:01","u":"00:00:01.500000",'
        '"d":"1970-01-01T00:00:00.000000",'
        '"z":"1969-12-31T23:59:59.999999Z","y":"1970-03-01",'
        '"f":0.1,"x":"//4A","c":-1.50}')
    assert cells[1].endswith(
        '"f":2.5e+300,"x":"","c":0.00,"n":"\\n\u00e9"}')


def test_only_the_owner_may_read(bench):
    bench.start().load(ROWS)
    for folder, _, names in os.walk(bench.house.folder):
        assert os.stat(folder).st_mode & 0o777 == 0o700
        for name in names:
            mode = os.stat(os.path.join(folder, name)).st_mode
            assert mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["\u6f22" * 64, "a" * 300, "." * 150])
def test_long_names_fit_the_file_system(bench, name):
    script = bench.open(table=False)
    script.table(name=name, columns=PLAIN, key=["id"])
    script.prepare()
    script.load(ROWS, stream=f"{name[:300]}/incremental")
    assert len(bench.house.rows(name, PLAIN, ["id"])) == 2


def test_a_load_is_cut_at_its_size(bench):
    script = bench.start(SMALL)
    script.begin()
    for _ in range(3):
        script.put(rows=LONG)
    done = script.finish()
    script.end()
    script.poll(handle=done["handle"], rows=6000)
    count = len(bench.parts())
    assert count > 3
    assert [line["part"] for line in bench.house.parts("t")] == list(
        range(1, count + 1))
    assert max(line["bytes"] for line in bench.house.parts("t")) < 2 ** 20
    bench.check(LONG)
    assert script.size()["rows"] == 6000


def test_no_size_is_no_limit(bench):
    bench.start("?max_bytes=0").load(LONG)
    assert len(bench.parts()) == 1
    bench.check(LONG)


def test_columns_that_are_only_read_are_in_no_line(bench):
    hidden = [*PLAIN, dict(name="hidden", kind="text", stored=False)]
    script = bench.start(columns=hidden)
    script.load([[1, "a", "secret"]])
    row = next(bench.house.stored("t"))
    assert list(row) == ["_tm_version", "_tm_deleted", "_tm_digest", "id",
                         "s"]


# the layout


def test_a_layout_is_told_once(bench):
    script = bench.start()
    script.prepare()
    bench.start()
    assert bench.manifest().count(b"\n") == 1


def test_without_rows_any_layout_will_do(bench):
    bench.start()
    other = bench.start(key=["s"], columns=[
        dict(name="id", kind="text"), dict(name="s", kind="text")])
    assert other.plan()["changes"] == []
    other.load([["1", "a"]])
    assert len(list(bench.house.stored("t"))) == 1


@pytest.mark.parametrize("kind,width,is_alike", [
    ("int", 8, True), ("float", 8, True), ("text", 0, False),
    ("date", 4, False), ("bytes", 0, False)])
def test_cells_of_another_form_need_a_reload(bench, kind, width, is_alike):
    bench.start().load(ROWS)
    script = bench.open(columns=[
        dict(name="id", kind=kind, width=width), PLAIN[1]])
    plan = script.plan()
    assert (plan["why"] is None) == is_alike
    if is_alike:
        assert plan["changes"] == [f"~ change column t.id from uint64 to "
                                   f"{kind}{8 * width}"]


def test_what_needs_a_reload_is_not_loaded_before_it(bench):
    bench.start().load(ROWS)
    whole = bench.manifest()
    script = bench.open(key=["s"], columns=[
        *PLAIN, dict(name="new", kind="int")])
    script.prepare()
    assert bench.manifest() == whole
    answer = script.ask("begin", version=2)
    assert answer["status"] == "table" and "key" in answer["what"]
    assert "mode: full" in answer["next"]
    token = script.beside()["token"]
    script.load([[1, "a", 5]], version=2, beside=True)
    assert script.highest()["version"] == 2
    script.swap(token=token)
    script.load([[1, "b", 6]], version=3, delivery=2)
    assert len(list(bench.house.stored("t"))) == 2


# hostile folders


def test_links_are_not_followed(bench, tmp_path):
    script = bench.start()
    script.load(ROWS)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(bench.path(), elsewhere)
    os.symlink(elsewhere, bench.path())
    for command in ("prepare", "begin", "plan", "size"):
        answer = bench.open().ask(command)
        assert answer["status"] == "table", (command, answer)


def test_a_manifest_that_is_a_link_is_not_followed(bench, tmp_path):
    script = bench.start()
    script.load(ROWS)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    os.remove(bench.path("manifest.ndjson"))
    os.symlink(victim, bench.path("manifest.ndjson"))
    answer = bench.open().ask("begin")
    assert answer["status"] == "table", answer
    assert victim.read_bytes() == b"precious"


def test_a_part_is_never_written_through_a_link(bench, tmp_path):
    script = bench.start()
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    name = "conformance%2Fscan-0000000000000001-0000000000000001-1-1.1" \
        ".ndjson.gz.tmp"
    os.symlink(victim, bench.path(name))
    assert script.ask("begin")["status"] != "ok"
    assert victim.read_bytes() == b"precious"


def test_a_pipe_in_place_of_the_manifest_is_refused(bench):
    os.makedirs(bench.path())
    os.mkfifo(bench.path("manifest.ndjson"))
    assert bench.open().ask("prepare")["status"] == "table"


def test_a_root_that_is_a_file_needs_a_person(bench):
    with open(bench.house.folder, "wb"):
        pass
    script = bench.open(table=False)
    assert script.opened["status"] == "action"
    assert "no folder" in script.opened["what"]


def test_a_root_whose_parent_is_missing_is_not_made(bench, tmp_path):
    house = FilesHouse(tmp_path / "not" / "there")
    script = Script(bench.program, house.url())
    bench.scripts.append(script)
    script.table(name="t", columns=PLAIN, key=["id"])
    assert script.ask("prepare")["status"] == "temporary"
    assert not os.path.exists(tmp_path / "not")


def test_columns_of_our_own_names_are_refused(bench):
    script = bench.open(table=False)
    answer = script.ask("table", name="t", key=["id"], columns=[
        dict(name="id", kind="int"), dict(name="_tm_version", kind="int")])
    assert answer["status"] == "table" and answer["id"] == "TM3010"
    assert "_tm_version" in answer["what"]


def test_a_full_disk_is_told_and_leaves_nothing(bench):
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    os.makedirs(bench.house.folder)
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs",
             bench.house.folder]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        script = bench.start()
        script.load(ROWS)
        noise = [[i, os.urandom(2000).hex()] for i in range(100)]
        script.begin(version=2, delivery=2)
        answers = []
        for _ in range(10):
            answers.append(script.ask("put", rows=noise, version=2))
        answers.append(script.ask("finish"))
        failed = [answer for answer in answers if answer["status"] != "ok"]
        assert failed[0]["id"] == "TM3011"
        assert failed[0]["status"] == "temporary"
        script.end()
        assert len(bench.names()) == 2
        bench.check(ROWS)
        script.load([[3, "three"]], version=3, delivery=3)
        script.close()
    finally:
        subprocess.run(["umount", "-l", bench.house.folder], check=False)
