"""Tables that nobody had in mind, copied and compared cell by cell.

Many random tables stand in one database and are copied by one run. What
failed is told with its seed: judge.generator makes the same table again.
TIDEMARK_NIGHTLY=1 tries 200 seeds a server instead of 20.
"""

import os

import pytest

from judge import source as src
from judge.comparator import compare
from judge.digests import check_digests
from judge.generator import generate, load

FLAVOURS = {"mariadb": "mariadb1011", "mysql": "mysql97"}
BATCH = 20
SHOWN = 5  # lines of a table
BATCHES = 10 if os.environ.get("TIDEMARK_NIGHTLY") else 1


def _copy(tidemark, source, clickhouse, database, **settings):
    tidemark.settings({
        "source": {"url": source.url(database),
                   "password": "${env:LAB_PASSWORD}"},
        "warehouse": {"url": clickhouse.url(database),
                      "password": "${env:LAB_PASSWORD}"},
        "tables": ["*"], **settings})
    return tidemark.run("run", timeout_s=300)


def _judge(connection, clickhouse, database, made, **policy):
    """The verdict of one table in words, or None."""
    name = made.description.name
    verdict = compare(connection, database, name, clickhouse, database,
                      report=None, **policy)
    if "view" not in verdict.kinds():
        check_digests(clickhouse, database, name, verdict,
                      has_key=bool(made.description.key))
    if verdict.ok:
        return None
    told = "\n".join(str(verdict).splitlines()[:SHOWN])
    return f"seed {made.description.seed} of {made.description.flavour}: " \
        f"{told}"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_cell_of_random_tables_arrives(
        batch, source, clickhouse, database, tidemark):
    flavour = FLAVOURS[source.kind]
    tables = [generate(seed, flavour)
              for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    connection = source.admin(database)
    for made in tables:
        load(connection, made)
    result = _copy(tidemark, source, clickhouse, database)
    failures = [_judge(connection, clickhouse, database, made)
                for made in tables]
    connection.close()
    failures = [failure for failure in failures if failure]
    assert not failures, "\n".join([*failures, str(result)])
    assert result.code == 0, result


@pytest.mark.parametrize("policy", ["null", "text"])
def test_dates_that_are_no_days_follow_the_policy(
        policy, source, clickhouse, database, tidemark):
    flavour = FLAVOURS[source.kind]
    tables = [generate(seed, flavour, hostile_dates=True, rows=100,
                       columns=20)
              for seed in range(6)]
    connection = source.admin(database)
    for made in tables:
        load(connection, made)
    result = _copy(tidemark, source, clickhouse, database,
                   tables=[{"*": {"zero_dates": policy}}])
    failures = []
    for made in tables:
        if any(c.is_dated for c in src.describe(
                connection, database, made.description.name).columns
                if c.name in made.description.key) and policy == "null":
            continue  # a key cannot be NULL
        failures.append(_judge(connection, clickhouse, database, made,
                               zero_dates=policy))
    connection.close()
    failures = [failure for failure in failures if failure]
    assert not failures, "\n".join([*failures, str(result)])
