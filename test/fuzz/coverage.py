#!/usr/bin/python3
"""Branches of the decoders that the corpora take: coverage.py [--missed]
[FOLDER].

Builds the decoders and their fuzzers with gcc --coverage in FOLDER (default:
a temporary one), runs every seed of test/fuzz/corpus once, and prints the
branches of each file. Exit code 1 where all together are below BRANCHES per
cent. --missed lists the lines with branches that nothing took.
"""

import concurrent.futures
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BRANCHES = 90
# What asks servers, and the follower's state machine, have their own tests.
NOT_DECODERS = ("children", "errant", "extent", "facts", "follow", "judge",
                "link", "loss", "map_layout", "place", "server")
MODULES = ("libmariadb yaml-0.1 jansson libxxhash openssl sqlite3 libzstd "
           "liblz4 libcurl zlib")


def decoders():
    found = sorted(glob.glob(os.path.join(ROOT, "src/source/binlog_*.c")))
    return [path for path in found if not any(
        os.path.basename(path).startswith(f"binlog_{name}")
        for name in NOT_DECODERS)]


def sources():
    """What the decoders stand on: all layers up to them."""
    found = []
    for layer in ("base", "model", "settings", "source"):
        found += glob.glob(os.path.join(ROOT, f"src/{layer}/*.c"))
    return found


def run(command, **options):
    return subprocess.run(command, check=True, **options)


def flags(kind):
    return subprocess.run(["pkg-config", kind, *MODULES.split()], check=True,
                          capture_output=True, text=True).stdout.split()


def compile_all(folder):
    """Objects; those of the decoders count their branches."""
    os.makedirs(os.path.join(folder, "base"), exist_ok=True)
    run([os.path.join(ROOT, "scripts/build-header"), "0",
         os.path.join(folder, "base/build.h")])
    common = ["-std=c11", "-D_GNU_SOURCE", "-O0", "-pthread",
              f"-I{ROOT}/include", f"-I{ROOT}/src", f"-I{folder}",
              *flags("--cflags")]
    compiler = os.environ.get("CC", "gcc").split()
    counted = decoders()

    def build(source):
        made = os.path.join(folder, source[len(ROOT) + 1:].replace(
            "/", "_") + ".o")
        more = ["--coverage", "-fprofile-abs-path"] \
            if source in counted else []
        run([*compiler, *common, *more, "-c", source, "-o", made])
        return made
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return common, compiler, list(pool.map(build, sources()))


def replay(folder, common, compiler, objects):
    """Each target over its seeds."""
    for target in sorted(glob.glob(os.path.join(HERE, "fuzz_binlog_*.c"))):
        name = os.path.basename(target)[:-2]
        program = os.path.join(folder, name)
        run([*compiler, *common, target,
             os.path.join(HERE, "replay.c"), *objects, "--coverage", "-o",
             program, *flags("--libs"), "-lm"])
        seeds = sorted(glob.glob(os.path.join(HERE, "corpus", name, "*")))
        run([program, *seeds])


def count(folder, source):
    """{line: [taken, all]} of one decoder."""
    made = os.path.join(folder, source[len(ROOT) + 1:].replace("/", "_"))
    text = run(["gcov", "-b", "-t", "-j", "-o", folder, f"{made}.o"],
               capture_output=True, cwd=folder).stdout
    if text[:2] == b"\x1f\x8b":
        text = gzip.decompress(text)
    lines = {}
    for file in json.loads(text)["files"]:
        if os.path.realpath(os.path.join(folder, file["file"])) != \
                os.path.realpath(source):
            continue
        for line in file["lines"]:
            if line["branches"]:
                place = lines.setdefault(line["line_number"], [0, 0])
                place[0] += sum(branch["count"] > 0
                                for branch in line["branches"])
                place[1] += len(line["branches"])
    return lines


def report(folder, shows_missed):
    total = [0, 0]
    for source in decoders():
        lines = count(folder, source)
        taken = sum(place[0] for place in lines.values())
        whole = sum(place[1] for place in lines.values())
        total[0] += taken
        total[1] += whole
        name = os.path.basename(source)
        if whole:
            print(f"{name:30} {taken:5} of {whole:5} "
                  f"{100 * taken / whole:6.1f} %")
        if shows_missed:
            with open(source, encoding="utf-8") as file:
                text = file.read().splitlines()
            for number, (some, every) in sorted(lines.items()):
                if some < every:
                    print(f"    {number:4} {some}/{every} "
                          f"{text[number - 1].strip()}")
    share = 100 * total[0] / total[1]
    print(f"{'all':30} {total[0]:5} of {total[1]:5} {share:6.1f} %")
    return share


def main(words):
    folders = [word for word in words if not word.startswith("--")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.abspath(folders[0] if folders else temporary)
        os.makedirs(folder, exist_ok=True)
        for old in glob.glob(os.path.join(folder, "*.gcda")):
            os.unlink(old)
        replay(folder, *compile_all(folder))
        return report(folder, "--missed" in words) < BRANCHES


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
