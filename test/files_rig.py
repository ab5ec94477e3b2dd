"""A source, a folder of files and a tidemark between them, for one test."""

import os
import time

from judge.files import compare_files
from rig import Rig

FULL_ROWS = 300


class FilesRig(Rig):
    """As Rig; the warehouse is a folder."""

    def __init__(self, source, database, tidemark, folder):
        super().__init__(source, None, database, tidemark)
        self.folder = str(folder)

    def settings(self, tables="*", options="", **more):
        self.tidemark.settings({
            "source": {"url": self.source.url(
                self.database, self.source_port, tables),
                "password": "${env:LAB_PASSWORD}"},
            "warehouse": {"url": f"files://{self.folder}{options}"},
            "tables": tables, **more})

    def shop(self, count=1500, chunk=400, **more):
        self.orders(count)
        self.sql("CREATE TABLE plain (a INT, b VARCHAR(10))")
        self.sql("INSERT INTO plain SELECT id, state FROM orders "
                 f"LIMIT {FULL_ROWS}")
        self.settings(tables=[{"orders": {"overlap": "60s"}},
                              {"plain": {"mode": "full"}}],
                      limits={"chunk_rows": chunk, "workers": 1}, retry="0s",
                      **more)

    def change(self):
        """What only a window brings; old enough for its bound."""
        self.sql("UPDATE orders SET total = total + 1, updated_at = "
                 "NOW(3) - INTERVAL 6 SECOND WHERE id % 4 = 0")
        self.sql("UPDATE plain SET b = 'changed' WHERE a % 2 = 0")

    def judged(self, table, **more):
        self.connection.rollback()
        return compare_files(self.connection, self.database, table,
                             os.path.join(self.folder, table), report=None,
                             **more)

    def equal(self, table, **more):
        verdict = self.judged(table, **more)
        assert verdict.ok, str(verdict)
        return verdict

    def all_equal(self):
        """Runs until all is equal: an open writer of another test holds the
        windows of this one back for a while."""
        end = time.monotonic() + 40
        verdicts = [self.judged("orders"), self.judged("plain", key=[])]
        while time.monotonic() < end and not all(v.ok for v in verdicts):
            time.sleep(1)
            self.ok("run")
            verdicts = [self.judged("orders"), self.judged("plain", key=[])]
        assert all(v.ok for v in verdicts), "\n".join(map(str, verdicts))

    def strays(self):
        """Files that are not finished."""
        return [name for _, _, names in os.walk(self.folder)
                for name in names if name.endswith(".tmp")]
