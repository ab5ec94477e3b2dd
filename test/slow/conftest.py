"""Builds tidemark-slow: the program with the slow warehouse in it."""

import os
import re
import subprocess

import pytest

from lab.tidemark import Tidemark

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DRIVER = os.path.join(ROOT, "test", "conformance")


@pytest.fixture(scope="session")
def slow_binary(binary, tmp_path_factory):
    folder = os.path.dirname(binary)
    with open(os.path.join(folder, "Makefile"), encoding="utf-8") as file:
        variables = dict(re.findall(r"^([A-Z_]+) = (.*)$", file.read(),
                                    re.MULTILINE))
    program = tmp_path_factory.mktemp("slow") / "tidemark-slow"
    command = [
        *variables.get("CC", "cc").split(), "-std=c11", "-D_GNU_SOURCE", "-g",
        "-pthread", f"-I{ROOT}/include", f"-I{DRIVER}",
        *variables.get("FEATURES", "").split(),
        *variables.get("SANITIZERS", "").split(),
        os.path.join(HERE, "tidemark_slow.c"),
        os.path.join(DRIVER, "slow_driver.c"),
        os.path.join(folder, "libtidemark.a"),
        *variables["NEEDED_LIBS"].split(), "-lm", "-o", str(program)]
    subprocess.run(command, check=True)
    return str(program)


@pytest.fixture
def slow(slow_binary, tmp_path):
    return Tidemark(slow_binary, tmp_path / "tidemark")
