"""Random tables into a folder of files, compared cell by cell.

What failed is told with its seed, as in test_random_schemas.
TIDEMARK_NIGHTLY=1 tries 200 seeds a server instead of 20.
"""

import os
import time

import pytest

from conformance.houses import FilesHouse
from judge.files import compare_files
from judge.generator import generate, load, random_changes

FLAVOURS = {"mariadb": "mariadb1011", "mysql": "mysql97"}
BATCH = 20
WINDOW_S = 7  # after it a window reaches past what was committed before
SHOWN = 5     # lines of a table
BATCHES = 10 if os.environ.get("TIDEMARK_NIGHTLY") else 1


def run(tidemark, source, database, folder, **settings):
    tidemark.settings({
        "source": {"url": source.url(database, tables="*"),
                   "password": "${env:LAB_PASSWORD}"},
        "warehouse": {"url": f"files://{folder}"},
        "tables": ["*"], **settings})
    return tidemark.run("run", "*", timeout_s=300)


def judge_all(connection, database, folder, tables, result):
    failures = []
    for made in tables:
        name = made.description.name
        verdict = compare_files(connection, database, name,
                                FilesHouse(folder).place(name), report=None)
        if not verdict.ok:
            told = "\n".join(str(verdict).splitlines()[:SHOWN])
            failures.append(f"seed {made.description.seed}: {told}")
    assert not failures, "\n".join([*failures, str(result)])
    assert result.code == 0, result


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_cell_of_random_tables_arrives(
        batch, source, make_database, tidemark, tmp_path):
    database = make_database(source)
    folder = str(tmp_path / "house")
    tables = [generate(seed, FLAVOURS[source.kind])
              for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    with source.admin(database) as connection:
        for made in tables:
            load(connection, made)
        result = run(tidemark, source, database, folder)
        judge_all(connection, database, folder, tables, result)


def test_changed_rows_arrive_with_the_next_runs(
        source, make_database, tidemark, tmp_path):
    """Inserts and updates; deletes are not seen by windows."""
    database = make_database(source)
    folder = str(tmp_path / "house")
    tables = [generate(seed, FLAVOURS[source.kind], columns=12, rows=200)
              for seed in range(1000, 1000 + BATCH)]
    with source.admin(database) as connection:
        for made in tables:
            load(connection, made)
        run(tidemark, source, database, folder)
        for turn in range(2):
            for made in tables:
                random_changes(connection, made.description, turn,
                               deletes=not made.description.updated_at)
            time.sleep(WINDOW_S)
            result = tidemark.run("run", "*", timeout_s=300)
            judge_all(connection, database, folder, tables, result)
