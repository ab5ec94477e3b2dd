"""Backlogs of the log: what is changed while nobody follows.

A backlog has tables(), which stand before the follower's first run, and
change(), which writes what is measured; `changes` is how many rows that are.
"""

import threading

from . import data
from .follow_rig import DATABASE

PACE = 10_000  # rows of one transaction of the bulk changes
ROW_BYTES = 1000
THREADS = 4


class Backlog:
    goal_s = None       # changes a second into the warehouse
    goal_cpu_s = None   # of decoding a million
    is_one_row = False  # that many decoded a second are a figure

    def __init__(self, servers, changes):
        self.servers = servers
        self.changes = changes

    def sql(self, text):
        return self.servers.sql(text, DATABASE)

    def quietly(self, *statements):
        """Not in the log: the first run reads it all."""
        with self.servers.source.admin(DATABASE) as connection:
            data._quiet_log(connection)
            for text in statements:
                with connection.cursor() as cursor:
                    cursor.execute(text)

    def in_parts(self, statement):
        """Each part a transaction; {first} and {last} are its keys."""
        with self.servers.source.admin(DATABASE) as connection:
            for first in range(1, self.changes + 1, PACE):
                last = min(first + PACE - 1, self.changes)
                with connection.cursor() as cursor:
                    cursor.execute(statement.format(first=first, last=last))


class Inserts(Backlog):
    name = "inserts"
    goal_s, goal_cpu_s = 1.0e6, 0.17
    tables = ["orders"]

    def make(self):
        self.filled = data.make(self.servers, "orders", self.changes)
        self.quietly(f"CREATE TABLE orders LIKE {self.filled}.orders")

    def change(self):
        self.in_parts(f"INSERT INTO orders SELECT * FROM {self.filled}.orders"
                      " WHERE id BETWEEN {first} AND {last}")


class Updates(Inserts):
    name = "updates"
    goal_s, goal_cpu_s = 0.8e6, 0.22

    def make(self):
        super().make()
        self.quietly("INSERT INTO orders SELECT * FROM "
                     f"{self.filled}.orders")

    def change(self):
        self.in_parts("UPDATE orders SET items = items + 1, total = "
                      "total + 1 WHERE id BETWEEN {first} AND {last}")


class Flood(Backlog):
    """Each row a transaction."""

    name = "one-row transactions"
    goal_s = 0.5e6
    is_one_row = True
    tables = ["flooded"]

    def make(self):
        self.quietly(
            "CREATE TABLE flooded (id INT PRIMARY KEY, v VARCHAR(20))",
            "CREATE PROCEDURE flood(first INT, total INT) BEGIN DECLARE i "
            "INT DEFAULT 0; WHILE i < total DO INSERT INTO flooded VALUES "
            "(first + i, 'x'); SET i = i + 1; END WHILE; END")

    def change(self):
        share = -(-self.changes // THREADS)
        self.at_once([f"CALL flood({at * share}, "
                      f"{min(share, self.changes - at * share)})"
                      for at in range(THREADS)])

    def at_once(self, statements):
        threads = [threading.Thread(target=self.sql, args=(text,))
                   for text in statements]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class Zipf(Flood):
    """Updates of one row, of table and key of rank k with P(k) near 1/k."""

    name = "zipf updates"
    goal_s = None
    is_one_row = False
    keys = 500

    def __init__(self, servers, changes, tables):
        super().__init__(servers, changes)
        self.tables = [f"z{number}" for number in range(1, tables + 1)]

    def make(self):
        self.quietly("CREATE TABLE numbers (id INT PRIMARY KEY, n INT NOT "
                     "NULL, v VARCHAR(40))",
                     *(f"INSERT INTO numbers VALUES ({n}, 0, "
                       f"LEFT(SHA2({n}, 224), 40))"
                       for n in range(1, self.keys + 1)))
        for name in self.tables:
            self.quietly(f"CREATE TABLE {name} LIKE numbers",
                         f"INSERT INTO {name} SELECT * FROM numbers")
        self.quietly(
            "DROP TABLE numbers",
            "CREATE PROCEDURE zipf(total INT, tables_ INT, keys_ INT) BEGIN "
            "DECLARE i INT DEFAULT 0; WHILE i < total DO SET @text = CONCAT("
            "'UPDATE z', FLOOR(EXP(RAND() * LN(tables_ + 1))), ' SET n = n + "
            "1 WHERE id = ', FLOOR(EXP(RAND() * LN(keys_ + 1)))); PREPARE s "
            "FROM @text; EXECUTE s; DEALLOCATE PREPARE s; SET i = i + 1; "
            "END WHILE; END")

    def change(self):
        self.changes -= self.changes % THREADS
        self.at_once([f"CALL zipf({self.changes // THREADS}, "
                      f"{len(self.tables)}, {self.keys})"] * THREADS)


class Huge(Backlog):
    """One transaction of so many bytes."""

    name = "one transaction"
    tables = ["huge"]

    def __init__(self, servers, size):
        super().__init__(servers, size // ROW_BYTES)
        self.size = size

    def make(self):
        self.quietly("CREATE TABLE huge (id INT PRIMARY KEY, v VARCHAR"
                     f"({ROW_BYTES}) CHARACTER SET latin1)")

    def change(self):
        text = f"RPAD('', {ROW_BYTES}, CONCAT(SHA2({{}}, 512), {{}}))"
        with self.servers.source.admin(DATABASE) as connection:
            cursor = connection.cursor()
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO huge VALUES (0, "
                           f"{text.format(0, 0)})")
            count = 1
            while count < self.changes:
                cursor.execute(
                    f"INSERT INTO huge SELECT id + {count}, "
                    f"{text.format('id', 'id')} FROM huge WHERE id + {count}"
                    f" < {self.changes}")
                count *= 2
            cursor.execute("COMMIT")
