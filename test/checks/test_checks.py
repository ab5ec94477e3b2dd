"""Each check is fed a tree with one fault and must see it."""

import pathlib
import subprocess

import pytest

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"

GOOD = {
    "include/base/error.h": "int error;\n",
    "include/model/batch.h": '#include "base/error.h"\n',
    "include/state/state.h": "",
    "include/state/checkpoint_write.h": '#include "state/state.h"\n',
    "include/source/source.h": '#include "model/batch.h"\n',
    "include/warehouse/warehouse.h": "",
    "src/source/mysql.h": "",
    "src/source/mysql.c": '#include "source/source.h"\n'
                          '#include "source/mysql.h"\n#include "mysql.h"\n',
    "src/deliver/commit.c": '#include "state/checkpoint_write.h"\n'
                            '#include "warehouse/warehouse.h"\n',
    "src/state/save.c": '#include "state/checkpoint_write.h"\n',
    "src/main.c": '#include "base/error.h"\n',
}

FUNCTION = "int one(int a)\n{\n    return a;\n}\n"


def run(script, root):
    """(exit code, what was printed)"""
    done = subprocess.run([SCRIPTS / script, root], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(name="tree")
def good_tree(tmp_path):
    write(tmp_path, GOOD)
    return tmp_path


def test_a_good_tree_passes(tree):
    for script in ("check-layers", "check-style", "failpoints"):
        assert run(script, tree) == (0, "")


def test_an_empty_tree_is_a_fault(tmp_path):
    for script in ("check-layers", "check-style"):
        assert run(script, tmp_path)[0] == 1


@pytest.mark.parametrize("name, include, fault", [
    ("src/base/x.c", '"model/batch.h"', "base must not know model"),
    ("include/base/x.h", '"model/batch.h"', "base must not know model"),
    ("src/base/x.c", '  # include "model/batch.h"', "must not know model"),
    ("src/state/x.c", '"source/source.h"', "state must not know source"),
    ("src/source/x.c", '"warehouse/warehouse.h"', "do not know each other"),
    ("src/warehouse/x.c", '"source/source.h"', "do not know each other"),
    ("src/source/x.c", '"deliver/x.h"', "source must not know deliver"),
    ("src/deliver/x.c", '"state/checkpoint_write.h"', "only src/deliver"),
    ("include/deliver/x.h", '"state/checkpoint_write.h"', "only src/deliver"),
    ("src/main.c", '"state/checkpoint_write.h"', "only src/deliver"),
    ("src/deliver/x.c", '"source/mysql.h"', "private to its folder"),
    ("include/source/x.h", '"source/mysql.h"', "private to its folder"),
    ("include/source/x.h", '"source.h"', "does not name its layer"),
    ("src/deliver/x.c", '"warehouse.h"', "does not name its layer"),
    ("src/source/x.c", '"../model/batch.h"', "leaves its folder"),
    ("src/source/x.c", "<model/batch.h>", "use quotes"),
    ("src/source/x.c", '"other/x.h"', "no layer other"),
    ("src/other/x.c", '"base/error.h"', "no layer other"),
    ("src/model/x.c", '"base/absent.h"', "there is no base/absent.h"),
])
def test_a_wrong_include_is_seen(tree, name, include, fault):
    line = include if "#" in include else f"#include {include}"
    write(tree, {name: f"\n{line}\n"})
    code, output = run("check-layers", tree)
    assert code == 1
    assert output.startswith(f"{name}:2: ") and fault in output
    assert output.count("\n") == 1


@pytest.mark.parametrize("text, fault", [
    ("int a;" + " " * 80 + "\n", "86 columns"),
    ("/* " + "ä" * 78 + " */\n", "84 columns"),
    ("\tint a;\n", "a tab"),
    ("int a; \n", "space at the end"),
    ("int a;", "no line feed"),
    ("int a;\n" * 501, "the file has 501 lines"),
    (FUNCTION.replace("return a;\n", "a++;\n" * 59), "one has 61 lines"),
    ("struct s {\n    int a;\n};\n" + FUNCTION.replace("a;\n", "a;\n" * 59),
     "one has 61 lines"),
    (FUNCTION.replace("int a", "int a, int b, int c, int d, int e, int f, "
                      "int g"), "one has 7 parameters"),
    ("void MUST\n    two(int (*a)(int, int), int b, int c,\n"
     "        int d, int e, int f, int g) PRINTF_LIKE(1, 2);\n",
     "two has 7 parameters"),
    ("struct ops {\n    int (*put)(int a, int b, int c, int d,\n"
     "        int e, int f, int g);\n};\n", "put has 7 parameters"),
    (FUNCTION.replace(")\n{", ") {"), "the brace of one"),
    (FUNCTION.replace("return a", "strcpy(a, a)"), "strcpy is banned"),
    (FUNCTION.replace("return a", "return atoi (a)"), "atoi is banned"),
    (FUNCTION.replace("return a", "sprintf(a)"), "sprintf is banned"),
    (FUNCTION.replace("return a", "return system(a)"), "system is banned"),
    (FUNCTION.replace("return a", "malloc(a)"), "use base/memory.h"),
])
def test_a_fault_of_style_is_seen(tree, text, fault):
    write(tree, {"src/model/x.c": text})
    code, output = run("check-style", tree)
    assert code == 1
    assert output.startswith("src/model/x.c:") and fault in output


@pytest.mark.parametrize("text", [
    FUNCTION.replace("return a;\n", "a++;\n" * 58),
    FUNCTION.replace("return a", 'text("strcpy(a)"); /* system(a) */'),
    FUNCTION.replace("return a", "my_system(a); one.free_all(a)"),
    FUNCTION.replace("int a", "int (*a)(int, int), int b, int c, int d, "
                     "int e, int f"),
    "static const int table[] = {\n" + "    1,\n" * 100 + "};\n",
    "#define LONG(a, b, c, d, e, f, g) \\\n    { (a) }\n" + FUNCTION,
    "char quote = '\"';\n" + FUNCTION + 'char brace = \'{\';\n',
    "int a;\n" * 500,
])
def test_what_is_allowed_is_no_fault(tree, text):
    write(tree, {"src/model/x.c": text})
    assert run("check-style", tree) == (0, "")


def test_a_base_name_stands_once(tree):
    write(tree, {"src/model/x.c": FUNCTION, "src/sync/x.c": FUNCTION})
    code, output = run("check-style", tree)
    assert code == 1
    assert output == "src/sync/x.c:1: src/model/x.c has that base name too\n"


def test_scripts_are_known_by_their_first_line(tree):
    write(tree, {"scripts/x": "#!/bin/sh\n\techo\n", "test/x.py": "a \n"})
    code, output = run("check-style", tree)
    assert code == 1
    assert "scripts/x:2: a tab" in output
    assert "test/x.py:1: space at the end" in output


def test_failpoints_are_listed_in_order(tree):
    write(tree, {"src/state/x.c": 'FAILPOINT("b.two", error);\n'
                                  'FAILPOINT(\n    "a.one", error);\n'})
    assert run("failpoints", tree) == (0, "a.one\nb.two\n")


@pytest.mark.parametrize("second, fault", [
    ('FAILPOINT("a.one", error);\n', "a.one stands in"),
    ("FAILPOINT(name, error);\n", "needs a literal name"),
])
def test_a_wrong_failpoint_is_seen(tree, second, fault):
    write(tree, {"src/state/x.c": 'FAILPOINT("a.one", error);\n',
                 "src/state/y.c": second})
    code, output = run("failpoints", tree)
    assert code == 1
    assert fault in output
