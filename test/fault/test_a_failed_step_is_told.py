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
    return [name for name in text.split()
            if not name.startswith(("files.", "cdc.", "stay."))]


def fail(rig, fault, tables):
    rig.settings(tables=tables, retry="0s")
    result = rig.run("run", environment={"TIDEMARK_FP": fault})
    assert result.code in CODES, str(result)
    assert result.code == 0 or "(TM" in result.stderr, str(result)
    rig.sql("UPDATE orders SET total = total + 1, updated_at = "
            "NOW(3) - INTERVAL 6 SECOND WHERE id = 7")


@pytest.mark.parametrize("point", points())
def test_a_failed_step_is_told(rig, point):
    orders = {"orders": {"overlap": "60s"}}
    plain = {"plain": {"mode": "full"}}
    rig.orders(60)
    rig.sql("CREATE TABLE plain (a INT)")
    rig.sql("INSERT INTO plain VALUES (1), (2)")
    rig.clickhouse.drop_database(rig.database)  # it makes its own
    # Of the backfill, behind the windows' own; then whichever comes first.
    fail(rig, f"{point}=error@2", [orders])
    fail(rig, f"{point}=error@1", [plain])
    fail(rig, f"{point}=error@1", [orders, plain])
    rig.ok("run")
    rig.equal("orders")
    rig.equal("plain", key=[])
