"""The folder of files: what crashes, failures and other processes leave."""

import json
import re
import shutil
import threading

import pytest

from files_bench import LONG, PLAIN, ROWS, SMALL, FilesBench, kill
from houses import FilesHouse

POINTS = ["files.part.closed", "files.part.synced",
          "files.load.before_rename", "files.load.renamed",
          "files.load.named", "files.manifest.before",
          "files.manifest.written", "files.load.split"]


@pytest.fixture
def bench(conformance, tmp_path):
    made = FilesBench(conformance, FilesHouse(tmp_path / "house"))
    yield made
    made.close()


# what crashes leave


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


# power


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not there")
def test_what_counts_is_on_the_disk_first(bench, tmp_path):
    """A power cut leaves no line without its rows: the order of calls."""
    bench.start().load(ROWS)
    trace = tmp_path / "trace"
    wrapper = tmp_path / "traced"
    wrapper.write_text(
        "#!/bin/sh\nexec strace -f -y -e trace=fsync,renameat,pwrite64 "
        f"-o {trace} {bench.program}\n")
    wrapper.chmod(0o700)
    bench.program = str(wrapper)
    script = bench.open(environment={"ASAN_OPTIONS": "detect_leaks=0"})
    trace.write_text("")
    script.load([[3, "three"]], version=2, delivery=2)
    script.swap(token=script.beside()["token"])
    calls = [call_of(line) for line in trace.read_text().splitlines()
             if "(" in line]
    assert calls == [
        ("fsync", "tmp"), ("renameat", "t"), ("fsync", "t"),
        ("pwrite64", "manifest.ndjson"), ("fsync", "manifest.ndjson"),
        # The copy's folder, its line, then what makes it current.
        ("fsync", "t"),
        ("pwrite64", "manifest.ndjson"), ("fsync", "manifest.ndjson"),
        ("pwrite64", "manifest.ndjson"), ("fsync", "manifest.ndjson")]


def call_of(line):
    """Name of the call, and the last part of its file's name."""
    name, path = re.search(r"(\w+)\(\d+<([^>]*)>", line).groups()
    last = path.rsplit("/", 1)[-1]
    return name, "tmp" if last.endswith(".tmp") else last
