"""Builds the program conformance from the library that was built."""

import os
import re
import subprocess

import pytest

from every_bench import Bench
from houses import make_house

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def _build_folder():
    """Where libtidemark.a and the Makefile that made it are."""
    folders = [os.environ.get("TIDEMARK_BUILD", ROOT), ROOT]
    for folder in folders:
        if os.path.exists(os.path.join(folder, "libtidemark.a")):
            return folder
    raise AssertionError(f"libtidemark.a is not built in {folders}")


def _make_variables(folder):
    with open(os.path.join(folder, "Makefile"), encoding="utf-8") as file:
        return dict(re.findall(r"^([A-Z_]+) = (.*)$", file.read(),
                               re.MULTILINE))


@pytest.fixture(scope="session")
def conformance(tmp_path_factory):
    """Path of the program; it holds the drivers of the build."""
    folder = _build_folder()
    variables = _make_variables(folder)
    program = tmp_path_factory.mktemp("conformance") / "conformance"
    sources = sorted(os.path.join(HERE, name) for name in os.listdir(HERE)
                     if name.endswith(".c"))
    command = [
        *variables.get("CC", "cc").split(), "-std=c11", "-D_GNU_SOURCE", "-g",
        "-pthread", f"-I{folder}/include", f"-I{ROOT}/include",
        f"-I{ROOT}/src", *variables.get("FEATURES", "").split(),
        *variables.get("SANITIZERS", "").split(), *sources,
        os.path.join(folder, "libtidemark.a"),
        *variables["NEEDED_LIBS"].split(), "-lm", "-o", str(program)]
    subprocess.run(command, check=True)
    return str(program)


@pytest.fixture(params=["clickhouse", "files", "slow"])
def house(request, tmp_path):
    if request.param != "clickhouse":
        return make_house(request.param, tmp_path / "house")
    clickhouse = request.getfixturevalue("clickhouse")
    database = request.getfixturevalue("make_database")(clickhouse)
    return make_house("clickhouse", None, clickhouse, database)


@pytest.fixture
def bench(conformance, house):
    made = Bench(conformance, house)
    yield made
    made.close()
