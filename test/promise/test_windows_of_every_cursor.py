"""Windows of every kind of cursor lose no row that is written beside the
runs, and once the margin of the bound is over nothing is sent again."""

import time

import pytest

TOKYO = {"cursor_zone": "Asia/Tokyo"}
SECONDS = "UNIX_TIMESTAMP()"
MILLISECONDS = "FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000)"
# Type, what "now" is in it, settings.
CURSORS = {
    "timestamp": ("TIMESTAMP", "NOW()", {}),
    "date": ("DATE", "UTC_DATE()", {}),
    "datetime": ("DATETIME", "UTC_TIMESTAMP() + INTERVAL 9 HOUR", TOKYO),
    "seconds": ("INT", SECONDS, {}),
    "seconds set": ("INT", SECONDS, {"cursor_unit": "s"}),
    "milliseconds": ("BIGINT", MILLISECONDS, {}),
    "milliseconds set": ("BIGINT", MILLISECONDS, {"cursor_unit": "ms"}),
}
ROUNDS = 6


def begin(rig, kind, now, more):
    rig.sql(f"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT "
            f"NULL, updated_at {kind} NOT NULL, KEY (updated_at))")
    rig.sql(f"INSERT INTO t (v, updated_at) SELECT 0, {now} FROM "
            "(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) x")
    rig.settings(tables=[{"t": {"mode": "incremental", "overlap": "0s",
                                "cursor": "updated_at", **more}}])


def write(rig, number, now):
    rig.sql(f"INSERT INTO t (v, updated_at) VALUES ({number}, {now})")
    rig.sql(f"UPDATE t SET v = v + 100, updated_at = {now} "
            f"WHERE id = {1 + number % 3}")


@pytest.mark.parametrize("cursor", CURSORS)
def test_rows_written_between_quick_runs_are_not_missed(rig, cursor):
    kind, now, more = CURSORS[cursor]
    begin(rig, kind, now, more)
    rig.ok("run")
    for number in range(ROUNDS):
        write(rig, number, now)
        rig.ok("run", "-q")
        write(rig, number + 1, now)
        time.sleep(0.3)
    time.sleep(7)  # the margin of the bound
    rig.ok("run")
    rig.equal("t")
    again = rig.ok("run", "--json").json()["tables"][0]
    assert again["rows_confirmed"] == 0
    rig.equal("t")
