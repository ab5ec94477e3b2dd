"""A little shop that faults are tried on, into ClickHouse or files.

`orders` goes by backfill and windows, `plain` has no key and is read whole. A
stamp marks every row, so that what the warehouse holds of it can be counted.
"""

import json
import os
import shutil
import sqlite3
import tempfile

from files_rig import FilesRig
from judge.files import rows
from judge.verdict import Verdict
from rig import Rig

KINDS = ("clickhouse", "files")
ROWS = 1500
FULL_ROWS = 300


class Shop:
    """Mixed into a rig."""

    def build(self, **more):
        self.orders(ROWS)
        # So wide that a load is cut into parts, and a scan does not fit into
        # the buffers of a connection.
        self.sql("ALTER TABLE orders ADD COLUMN picture VARBINARY(800)")
        self.sql("UPDATE orders SET picture = RANDOM_BYTES(800), "
                 "updated_at = updated_at")
        self.sql("CREATE TABLE plain (a INT, b VARCHAR(10))")
        self.sql("INSERT INTO plain SELECT id, state FROM orders "
                 f"LIMIT {FULL_ROWS}")
        self.apply(**more)
        self.clear()

    def apply(self, retry="0s", **more):
        self.settings(tables=[{"orders": {"overlap": "60s"}},
                              {"plain": {"mode": "full"}}], retry=retry,
                      limits={"chunk_rows": 400, "workers": 1}, **more)

    def change(self):
        """Rows and columns: the table is read again."""
        self.sql("UPDATE orders SET total = total + 1 WHERE id % 3 = 0")
        self.sql("INSERT INTO orders (customer, state, total, quantity, "
                 "placed) SELECT customer, state, total, 7, placed "
                 "FROM orders LIMIT 200")
        self.sql("INSERT INTO plain VALUES (1, 'new')")
        self.sql("ALTER TABLE orders ADD COLUMN extra INT NULL, "
                 "MODIFY quantity INT NOT NULL")
        self.sql("UPDATE orders SET extra = 5 WHERE id % 10 = 0")

    def change_rows(self):
        """What only a window brings; old enough for its bound."""
        self.sql("UPDATE orders SET total = total + 1, updated_at = "
                 "NOW(3) - INTERVAL 6 SECOND WHERE id % 4 = 0")
        self.sql("UPDATE plain SET b = 'changed' WHERE a % 2 = 0")

    def stamp(self, number):
        """Every row; the moment it is said to have happened, as text."""
        self.sql("SET @moment = NOW(3) - INTERVAL 6 SECOND")
        self.sql("UPDATE orders SET quantity = %s, updated_at = @moment",
                 (number,))
        self.sql("UPDATE plain SET b = %s", (number,))
        return str(self.sql("SELECT @moment")[0][0]).replace(" ", "T")

    def all_equal(self):
        self.sql("DO SLEEP(0.01)")
        self.equal("orders")
        self.equal("plain", key=[])

    def check(self):
        result = self.run("run", "-v")
        assert result.code == 0, str(result)
        self.all_equal()

    def with_fault(self, fault, log=None, **more):
        environment = {"TIDEMARK_FP": fault} if fault else {}
        if log:
            environment["TIDEMARK_FP_LOG"] = str(log)
        return self.run("run", environment=environment, **more)

    # the state

    def lose_state(self):
        for name in os.listdir(self.tidemark.folder):
            if name.startswith("tidemark.db"):
                os.remove(os.path.join(self.tidemark.folder, name))

    def sound_checkpoints(self):
        """Checkpoints by stream, from a copy: nothing of it is touched."""
        with tempfile.TemporaryDirectory() as folder:
            for end in ("", "-wal"):
                path = os.path.join(self.tidemark.folder, "tidemark.db" + end)
                if os.path.exists(path):
                    shutil.copy(path, folder)
            database = sqlite3.connect(os.path.join(folder, "tidemark.db"))
            verdict = database.execute("PRAGMA integrity_check").fetchall()
            assert verdict == [("ok",)], verdict
            if not database.execute("SELECT 1 FROM sqlite_schema WHERE "
                                    "name = 'streams'").fetchall():
                return {}
            found = dict(database.execute(
                "SELECT name, checkpoint FROM streams"))
            database.close()
        return {name: json.loads(text) for name, text in found.items()
                if text}

    def assert_not_ahead(self, moment, number, before):
        """What the checkpoints say is there, is there."""
        now = self.sound_checkpoints()
        limit = said(now, before, moment)
        held = self.stamped(number, limit)
        assert held == min(limit, ROWS), (held, limit, now)


def said(now, before, moment):
    """The highest key of which the checkpoints say that it was delivered
    since the stamp; 0 where they say nothing."""
    window = now.get("orders/incremental")
    if window and window == before.get("orders/incremental"):
        return 0
    if window and "after" in window:
        return int(window["after"][1]) if window["after"][0].replace(
            " ", "T") >= moment[:23] else 0
    if window:
        return ROWS if window["mark"] > moment else 0
    copy = now.get("orders/backfill")
    if not copy or copy == before.get("orders/backfill"):
        return 0
    if copy["phase"] == "copy":
        return int(copy["after"][0]) if "after" in copy else 0
    return ROWS


class ClickHouseShop(Shop, Rig):
    kind = "clickhouse"

    def clear(self):
        self.clickhouse.drop_database(self.database)  # it makes its own

    def stamped(self, number, limit):
        if limit == 0:
            return 0
        return int(self.value("SELECT count() FROM orders WHERE "
                              f"id <= {limit} AND quantity = {number}"))


class FilesShop(Shop, FilesRig):
    kind = "files"

    def apply(self, **more):
        super().apply(options="?max_bytes=8k", **more)

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def stamped(self, number, limit):
        if limit == 0:
            return 0
        newest = {}
        for row in rows(os.path.join(self.folder, "orders"), Verdict("")):
            key, version = int(row["id"]), int(row["_tm_version"])
            if key <= limit and version >= newest.get(key, (0,))[0]:
                newest[key] = version, row["quantity"]
        return sum(quantity == str(number)
                   for _, quantity in newest.values())


def assert_named(shop, result, code, folder=None):
    """The failure of the state as a person needs it."""
    assert result.code == code, str(result)
    path = os.path.join(folder or shop.tidemark.folder, "tidemark.db")
    for part in (f'state "{path}"', "(TM1106)", "\n  next:   ",
                 "\n  effect: The checkpoint stands where it stood.\n"):
        assert part in result.stderr, f"without {part}: {result}"
