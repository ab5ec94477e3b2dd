"""A step that fails ends the run with an exit code and a message, never by a
signal, and the next run ends equal. Each failpoint of the first run in turn,
on small tables; the long way round is test_death_at_every_step."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODES = (0, 1, 4, 5, 7)  # 0: tried again, or not met


def points():
    text = subprocess.run([ROOT / "scripts/failpoints"], check=True,
                          capture_output=True, text=True).stdout
    return [name for name in text.split() if not name.startswith("files.")]


def run(rig, fault):
    return rig.run("run", environment={"TIDEMARK_FP": fault})


@pytest.mark.parametrize("point", points())
def test_a_failed_step_is_told(rig, point):
    rig.orders(60)
    rig.sql("CREATE TABLE plain (a INT)")
    rig.sql("INSERT INTO plain VALUES (1), (2)")
    rig.settings(tables=[{"orders": {"overlap": "60s"}},
                         {"plain": {"mode": "full"}}], retry="0s")
    rig.clickhouse.drop_database(rig.database)  # it makes its own
    for _ in range(2):
        result = run(rig, f"{point}=error@1")
        assert result.code in CODES, str(result)
        assert result.code == 0 or "(TM" in result.stderr, str(result)
        rig.sql("UPDATE orders SET total = total + 1, updated_at = "
                "NOW(3) - INTERVAL 6 SECOND WHERE id = 7")
    rig.ok("run")
    rig.equal("orders")
    rig.equal("plain", key=[])
