"""check-settings sees a setting that a text leaves out, and a sample that is
refused. The program is a stand-in that prints what it is told to."""

import json
import os
import pathlib
import stat
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "check-settings"
FORMS = {"config example": "#{}: x\n", "manual settings.md": "### `{}`\n",
         "help settings": "  {}\n", "config schema": None}
STAND_IN = """#!{python}
import json, os, sys
texts = json.load(open(os.environ["TEXTS"], encoding="utf-8"))
words = " ".join(sys.argv[1:3])
if words == "check --offline":
    sys.exit(int(os.environ["OFFLINE"]))
print(texts[words], end="")
"""


def settings():
    """Every name that any entry of the tables may have."""
    names = set()
    for path in [ROOT / "src/settings/keys_list.h",
                 *(ROOT / "src/source").glob("*.c"),
                 *(ROOT / "src/warehouse").glob("*.c")]:
        for word in path.read_text("utf-8").replace('"', " ").replace(
                "(", " ").replace(",", " ").split():
            if word.isidentifier() and word.islower():
                names.add(word)
    return sorted(names)


def check(folder, texts, offline=0):
    """What the script prints of a program with these texts."""
    program = folder / "tidemark"
    program.write_text(STAND_IN.format(python=sys.executable), "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    told = folder / "texts"
    told.write_text(json.dumps(texts), "utf-8")
    done = subprocess.run(
        [SCRIPT, program], text=True, check=False, stdout=subprocess.PIPE,
        env=dict(os.environ, OFFLINE=str(offline), TEXTS=str(told)))
    assert done.returncode == 1
    return done.stdout


def texts_without(name, words):
    texts = {}
    for command, form in FORMS.items():
        keys = [key for key in settings()
                if not (command == words and key == name)]
        texts[command] = "".join(
            form.format(key) for key in keys) if form else json.dumps(
                {key: {} for key in keys})
    return texts


@pytest.mark.parametrize("words, text", [
    ("config example", "sample"), ("manual settings.md", "manual"),
    ("help settings", "help"), ("config schema", "schema")])
def test_a_setting_that_is_left_out_is_seen(tmp_path, words, text):
    for name in ("retry", "socket"):
        output = check(tmp_path, texts_without(name, words))
        assert f"the {text} lacks {name}\n" in output
        assert output.count("lacks") == 1


def test_a_sample_that_is_refused_is_seen(tmp_path):
    output = check(tmp_path, texts_without(None, None), offline=2)
    assert "the sample is refused" in output
    assert "lacks" not in output


def test_a_stale_file_is_seen(tmp_path):
    output = check(tmp_path, texts_without(None, None))
    assert "doc/settings.md is not what the program prints" in output
