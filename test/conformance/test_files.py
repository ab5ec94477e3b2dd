"""The folder of files: its format, what crashes leave, and hostile folders."""

import gzip
import json
import os
import random
import shutil
import subprocess
import threading

import pytest

from houses import FilesHouse
from script import Script

PLAIN = [dict(name="id", kind="uint"), dict(name="s", kind="text")]
ROWS = [[1, "one"], [2, "two"]]
# A megabyte that cannot be made small: several files where one is to end at
# 1 KiB, for what the compressor holds back has no size yet.
DICE = random.Random(3)
LONG = [[i, DICE.randbytes(400).hex()] for i in range(2000)]
SMALL = "?max_bytes=1k"


class Bench:
    def __init__(self, program, house):
        self.program = program
        self.house = house
        self.scripts = []

    def open(self, options="", fault=None, table=True, key=("id",),
             columns=None):
        environment = {"TIDEMARK_FP": fault} if fault else {}
        script = Script(self.program, self.house.url(options),
                        environment=environment)
        self.scripts.append(script)
        if table:
            assert script.opened["status"] == "ok", script.opened
            script.table(name="t", columns=columns or PLAIN, key=list(key))
        return script

    def start(self, options="", **more):
        script = self.open(options, **more)
        script.prepare()
        return script

    def path(self, *names):
        return os.path.join(self.house.place("t"), *names)

    def names(self):
        return sorted(os.listdir(self.path()))

    def parts(self):
        return [name for name in self.names() if name.endswith(".gz")]

    def check(self, rows, key=("id",)):
        found = self.house.rows("t", PLAIN, list(key))
        wanted = [{"id": row[0], "s": row[1]} for row in rows]
        assert sorted(map(repr, found)) == sorted(map(repr, wanted))

    def append(self, text):
        with open(self.path("manifest.ndjson"), "ab") as file:
            file.write(text)

    def manifest(self):
        with open(self.path("manifest.ndjson"), "rb") as file:
            return file.read()


@pytest.fixture
def bench(conformance, tmp_path):
    made = Bench(conformance, FilesHouse(tmp_path / "house"))
    yield made
    for script in made.scripts:
        if script.process.poll() is None:
            script.close()


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
        assert plan["changes"] == [f"~ column id from uint64 to "
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
    token = script.beside()["token"]
    script.load([[1, "a", 5]], version=2, beside=True)
    assert script.highest()["version"] == 2
    script.swap(token=token)
    script.load([[1, "b", 6]], version=3, delivery=2)
    assert len(list(bench.house.stored("t"))) == 2


# what crashes leave


def kill(script, rows, **more):
    """A load in which the process dies."""
    try:
        script.load(rows, **more)
    except (AssertionError, BrokenPipeError):
        pass
    assert script.process.wait(20) != 0


POINTS = ["files.part.closed", "files.part.synced",
          "files.load.before_rename", "files.load.renamed",
          "files.load.named", "files.manifest.before",
          "files.manifest.written", "files.load.split"]


@pytest.mark.parametrize("options", ["", SMALL])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_every_step_of_a_load(bench, point, options):
    bench.start(options).load(ROWS, version=1)
    if point == "files.load.split" and not options:
        pytest.skip("it is not cut")
    # The first hit of the manifest's points is that of this load.
    script = bench.open(options, fault=f"{point}=kill")
    kill(script, LONG, version=2, delivery=2)
    assert len(bench.house.rows("t", PLAIN, ["id"])) in (2, len(LONG))
    again = bench.start(options)
    again.load(LONG, version=3, delivery=2)
    bench.check(LONG)
    assert bench.house.strays("t") == set()


def lose_line(bench):
    """As if the process had died before the last line of the manifest."""
    lines = bench.manifest().split(b"\n")
    with open(bench.path("manifest.ndjson"), "wb") as file:
        file.write(b"\n".join(lines[:-2]) + b"\n")


def test_a_whole_load_that_was_not_told_is_added(bench):
    script = bench.open(SMALL, fault="files.load.named=kill@1")
    script.prepare()
    kill(script, LONG, version=5)
    count = len(bench.parts())
    assert count > 1 and bench.house.parts("t") == []
    killed = bench.open(SMALL, fault="files.recover.counted=kill")
    kill(killed, ROWS, version=6)
    assert len(bench.parts()) == count and bench.house.parts("t") == []
    again = bench.open()
    again.load(ROWS, version=6, delivery=2)
    lines = bench.house.parts("t")[:count]
    assert sum(line["rows"] for line in lines) == len(LONG)
    assert lines[0]["lowest_version"] == lines[1]["highest_version"] == 5
    bench.check(ROWS + [row for row in LONG if row[0] not in (1, 2)])
    assert bench.house.strays("t") == set()


def test_half_a_load_that_was_not_told_is_removed(bench):
    script = bench.open(SMALL, fault="files.load.renamed=kill@1")
    script.prepare()
    kill(script, LONG, version=5)
    assert len(bench.parts()) == 1
    bench.open().load(ROWS, version=6)
    bench.check(ROWS)
    assert bench.house.strays("t") == set()


def test_a_damaged_load_that_was_not_told_is_removed(bench):
    bench.start().load(LONG, version=5)
    lose_line(bench)
    name = bench.parts()[0]
    with open(bench.path(name), "r+b") as file:
        file.seek(2000)
        file.write(b"\0\0\0\0")
    bench.open().load(ROWS, version=6)
    bench.check(ROWS)
    assert name not in bench.names()


def test_without_a_key_nothing_is_added(bench):
    bench.start(key=()).load(ROWS, version=5)
    lose_line(bench)
    bench.open(key=()).load([[9, "nine"]], version=6)
    assert [row["id"] for row in bench.house.stored("t")] == ["9"]


@pytest.mark.parametrize("torn", [b"{", b"{\"name\":\"x", b"x", b"\0\0\0"])
def test_a_torn_last_line_is_cut(bench, torn):
    bench.start().load(ROWS)
    whole = bench.manifest()
    bench.append(torn)
    script = bench.open()
    assert script.size()["rows"] == 2
    script.load([[3, "three"]], version=2, delivery=2)
    assert bench.manifest().startswith(whole + b"{\"name\"")
    bench.check(ROWS + [[3, "three"]])


def test_half_of_a_loads_lines_are_cut(bench):
    bench.start().load(ROWS)
    whole = bench.manifest()
    bench.open(SMALL).load(LONG, version=2, delivery=2)
    lines = bench.manifest()[len(whole):].split(b"\n")
    assert len(lines) > 2
    with open(bench.path("manifest.ndjson"), "wb") as file:
        file.write(whole + lines[0] + b"\n" + lines[1][:40])
    script = bench.open()
    assert script.size()["rows"] == 2
    script.load([[3, "three"]], version=3, delivery=3)
    # Its parts were whole, so that they are told again.
    bench.check([row for row in LONG if row[0] != 3] + [[3, "three"]])


@pytest.mark.parametrize("line", [
    b"no json", b"[]", b"{\"name\":1}", b"{\"name\":\"x\"}",
    b"{\"current\":\"reading-0000000000000000\"}",
    b"{\"current\":\"../../etc\"}", b"{\"begin\":\"../x\",\"key\":[],"
    b"\"columns\":[]}",
    b"{\"name\":\"x\",\"rows\":-1,\"bytes\":1,\"highest_version\":1,"
    b"\"part\":1,\"parts\":1}"])
def test_a_line_that_is_none_stops_the_table(bench, line):
    bench.start().load(ROWS)
    whole = bench.manifest()
    bench.append(line + b"\n")
    answer = bench.open().ask("begin", version=2)
    assert answer["status"] == "table" and answer["id"] == "TM3009"
    assert f"byte {len(whole)}" in answer["what"]
    assert bench.manifest() == whole + line + b"\n"


def test_lines_of_other_programs_are_passed_over(bench):
    bench.start().load(ROWS)
    bench.append(b"{\"note\":\"mine\"}\n")
    bench.open().load([[3, "three"]], version=2, delivery=2)
    bench.check(ROWS + [[3, "three"]])


def test_foreign_files_stay(bench):
    script = bench.start()
    script.load(ROWS)
    with open(bench.path("README"), "wb") as file:
        file.write(b"mine")
    token = script.beside()["token"]
    script.swap(token=token)
    assert sorted(bench.names()) == sorted(
        ["README", "manifest.ndjson", token])


def test_the_same_load_is_told_once(bench):
    script = bench.start()
    for _ in range(3):
        script.load(ROWS)
    assert bench.manifest().count(b"\n") == 2
    assert bench.open().size()["rows"] == 2


@pytest.mark.parametrize("point", POINTS)
def test_a_step_that_fails_leaves_nothing_behind(bench, point):
    script = bench.start(SMALL)
    script.load(ROWS)
    faulty = bench.open(SMALL, fault=f"{point}=error@1")
    faulty.begin(version=2, delivery=2)
    put = faulty.ask("put", rows=LONG, version=2)
    finish = faulty.ask("finish") if put["status"] == "ok" else put
    assert finish["status"] == "temporary"
    faulty.end()
    bench.check(ROWS)
    assert script.size()["rows"] == 2
    # The same process tries again.
    faulty.load(LONG, version=3, delivery=2)
    bench.check(LONG)
    assert bench.house.strays("t") == set()


def test_lines_that_went_are_forgotten(bench):
    script = bench.start()
    script.load(ROWS)
    whole = bench.manifest()
    script.load([[3, "three"]], version=2, delivery=2)
    assert script.size()["rows"] == 3
    with open(bench.path("manifest.ndjson"), "r+b") as file:
        file.truncate(len(whole))
    assert script.size()["rows"] == 2


def test_a_load_with_half_its_lines_is_not_known(bench):
    script = bench.start(SMALL)
    script.begin()
    script.put(rows=LONG)
    done = script.finish()
    script.end()
    assert script.poll(**pick(done))["status"] == "ok"
    lines = bench.manifest().split(b"\n")
    with open(bench.path("manifest.ndjson"), "wb") as file:
        file.write(b"\n".join(lines[:2]) + b"\n")
    answer = bench.open().ask("poll", **pick(done))
    assert answer["status"] == "temporary"
    part = bench.open().ask("poll", handle=done["handle"],
                            rows=json.loads(lines[1])["rows"])
    assert part["status"] == "temporary"


def pick(done):
    return {"handle": done["handle"], "rows": done["rows"]}


# several at once


def test_many_processes_write_one_manifest(bench):
    scripts = [bench.start() for _ in range(4)]

    def work(number):
        for i in range(25):
            scripts[number].load([[100 * number + i, "x"]], version=i + 1,
                                 delivery=100 * number + i + 1)
    threads = [threading.Thread(target=work, args=(number,))
               for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.check([[100 * number + i, "x"] for number in range(4)
                 for i in range(25)])
    assert bench.open().size()["rows"] == 100
    assert bench.house.strays("t") == set()


def test_a_swap_that_did_not_tidy_up_still_counts(bench):
    script = bench.start()
    script.load(ROWS)
    script.begin(load="late", version=9, delivery=9)
    script.put(load="late", rows=[[5, "late"]], version=9)
    other = bench.open(fault="files.swap.told=error@1")
    token = other.beside()["token"]
    assert other.ask("swap", token=token)["status"] == "temporary"
    answer = script.ask("finish", load="late")
    assert answer["status"] == "temporary", answer
    script.end(load="late")
    bench.check([])
    other.swap(token=token)
    assert bench.names() == ["manifest.ndjson", token]


def test_an_open_load_is_not_swept_away(bench):
    first = bench.start()
    first.begin(version=1)
    first.put(rows=ROWS, version=1)
    second = bench.open()
    second.load([[3, "three"]], version=2, delivery=2)
    done = first.finish()
    first.end()
    first.poll(handle=done["handle"], rows=2)
    bench.check(ROWS + [[3, "three"]])


def test_a_load_into_what_was_swapped_away_is_not_acknowledged(bench):
    script = bench.start()
    script.load(ROWS)
    script.begin(load="late", version=9, delivery=9)
    script.put(load="late", rows=[[5, "late"]], version=9)
    token = script.beside()["token"]
    script.swap(token=token)
    answer = script.ask("finish", load="late")
    assert answer["status"] == "temporary", answer
    script.end(load="late")
    bench.check([])


def test_a_handle_of_a_reading_that_went_is_not_known(bench):
    script = bench.start()
    done = script.load(ROWS)
    script.swap(token=script.beside()["token"])
    answer = script.ask("poll", handle=done["handle"], rows=2)
    assert answer["status"] == "temporary"


@pytest.mark.parametrize("handle", [
    "", "/", "t", "t/", "../t/x", "./x", "t/../x", "t/x", "/etc/passwd",
    "x" * 400 + "/y", "t/" + "y" * 400])
def test_handles_of_nobody_are_not_known(bench, handle):
    script = bench.start()
    script.load(ROWS)
    answer = script.ask("poll", handle=handle, rows=2)
    assert answer["status"] == "temporary", answer


def test_a_handle_is_known_by_its_rows(bench):
    script = bench.start()
    done = script.load(ROWS)
    assert script.ask("poll", handle=done["handle"],
                      rows=3)["status"] == "temporary"
    cut = done["handle"][:-1]
    assert script.ask("poll", handle=cut, rows=2)["status"] == "temporary"
    assert script.ask("poll", handle=done["handle"],
                      rows=2)["status"] == "ok"


@pytest.mark.parametrize("point", ["files.beside.before",
                                   "files.beside.made", "files.swap.before",
                                   "files.swap.told"])
def test_killed_at_every_step_of_a_reload(bench, point):
    script = bench.start()
    script.load(ROWS)
    faulty = bench.open(fault=f"{point}=kill")
    token = None
    try:
        token = faulty.beside()["token"]
        faulty.load([[7, "seven"]], version=7, beside=True)
        faulty.swap(token=token)
    except (AssertionError, BrokenPipeError):
        pass
    assert faulty.process.wait(20) != 0
    bench.check([[7, "seven"]] if point == "files.swap.told" else ROWS)
    again = bench.open()
    if point.startswith("files.swap"):
        again.swap(token=token)
    else:
        token = again.beside(keeps=True)["token"]
        again.load([[7, "seven"]], version=7, beside=True)
        again.swap(token=token)
    bench.check([[7, "seven"]])
    assert bench.names() == ["manifest.ndjson", token]


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
        subprocess.run(["umount", bench.house.folder], check=False)
