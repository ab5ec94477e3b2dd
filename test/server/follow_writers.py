"""Writers that change tables at random, rows and columns, for tests that
follow the log. Everything comes from the seed, but for what the writers do to
each other: a deadlock or a missing column ends a transaction, no more.
"""

import random
import threading

import pymysql

TABLES = {
    "plain": "id INT PRIMARY KEY",
    "pair": "a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b)",
    "words": "word VARCHAR(30) NOT NULL PRIMARY KEY",
    "large": "id BIGINT UNSIGNED PRIMARY KEY"}
COLUMNS = """, note VARCHAR(60), n DECIMAL(12,3), at DATETIME(3),
 u BIGINT UNSIGNED, e ENUM('x','y'), raw VARBINARY(20), long_text TEXT,
 real_number DOUBLE"""
VALUES = ("note", "n", "at", "u", "e", "raw", "long_text", "real_number")
KEYS = 60            # so few that the writers meet
LARGE_ROWS = 3000
EXTRA = {"x0": ("INT", "BIGINT"), "x1": ("VARCHAR(10)", "VARCHAR(200)"),
         "x2": ("DECIMAL(8,2)", "DECIMAL(20,2)"), "x3": ("DATE", "DATETIME")}
DIGITS = "(SELECT 0 i UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION " \
    "SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 " \
    "UNION SELECT 9)"
NUMBERS = f"(SELECT 1 + a.i + 10 * b.i + 100 * c.i + 1000 * d.i k FROM " \
    f"{DIGITS} a, {DIGITS} b, {DIGITS} c, {DIGITS} d) numbers"
SESSION = "SET sql_mode = '', time_zone = '+00:00', lock_wait_timeout = 2, " \
    "innodb_lock_wait_timeout = 1"


def make_tables(rig):
    for name, key in TABLES.items():
        rig.sql(f"CREATE TABLE {name} ({key} {COLUMNS}) "
                "DEFAULT CHARSET=utf8mb4")


def tables(rig):
    """Names of all tables there are now."""
    return sorted(row[0] for row in rig.sql(
        "SELECT table_name FROM information_schema.tables "
        f"WHERE table_schema = '{rig.database}'"))


class Dice(random.Random):
    """What statements are made of."""

    def key(self, table):
        """Cells of a key, as SQL."""
        number = self.randint(1, KEYS)
        if table == "pair":
            return [number % 8, number // 8]
        if table == "words":
            word = f"word{number}"
            return [f"'{self.choice((word, word.upper(), word.title()))}'"]
        return [number]

    def value(self, column):
        if self.random() < 0.15:
            return "NULL"
        number = self.randint(0, 10 ** 6)
        return {
            "note": f"'note {number} äß漢'", "n": f"{number} / 7",
            "at": f"'2024-01-01' + INTERVAL {number} SECOND",
            "u": f"18446744073709551615 - {number}", "e": f"{1 + number % 2}",
            "raw": f"UNHEX(LEFT(SHA2({number}, 224), {2 * (number % 16)}))",
            "long_text": f"REPEAT('{number} ', {number % 400})",
            "real_number": f"{number} / 3e0",
            "x3": f"'2024-01-01' + INTERVAL {number % 999} DAY"
        }.get(column, str(number % 9999))

    def where(self, table):
        return " AND ".join(
            f"{column} = {cell}" for column, cell in zip(key_of(table),
                                                         self.key(table)))

    def change(self):
        """The right side of SET."""
        columns = self.sample(VALUES, self.randint(1, 3))
        if self.random() < 0.2:
            columns.append(self.choice(list(EXTRA)))
        return ", ".join(f"{column} = {self.value(column)}"
                         for column in columns)


def key_of(table):
    return {"pair": ("a", "b"), "words": ("word",)}.get(table, ("id",))


class Writer(threading.Thread):
    """One connection; ends when it is told to."""

    def __init__(self, rig, seed, stop, has_ddl=True):
        super().__init__(daemon=True)
        self.rig = rig
        self.dice = Dice(seed)
        self.stop = stop
        self.has_ddl = has_ddl
        self.commits = 0
        self.failure = None

    def run(self):
        try:
            with self.rig.source.admin(self.rig.database) as link:
                self.cursor = link.cursor()
                self._begin()
                while not self.stop.is_set():
                    self._step(link)
        except Exception as error:  # told by Writers.end
            self.failure = error

    def _begin(self):
        self.sql(SESSION)
        if self.rig.source.kind == "mysql" and self.dice.random() < 0.4:
            self.sql("SET binlog_transaction_compression = ON")
        self.sql("SET autocommit = 0")

    def sql(self, text):
        self.cursor.execute(text)

    def _step(self, link):
        is_ddl = self.has_ddl and self.dice.random() < 0.02
        try:
            if is_ddl:
                self.ddl()
            else:
                self.transaction()
            if self.dice.random() < 0.9:
                link.commit()
                self.commits += 1
            else:
                link.rollback()
        except pymysql.err.MySQLError as error:
            if error.args[0] in (2006, 2013, 0):
                raise
            link.rollback()

    # rows

    def transaction(self):
        if self.dice.random() < 0.01:
            self.large()
            return
        for _ in range(self.dice.randint(1, 6)):
            statement = self.dice.choice(
                (self.insert, self.insert, self.update, self.update,
                 self.move, self.swap, self.shift, self.delete, self.savepoint))
            statement(self.dice.choice(("plain", "pair", "words")))

    def insert(self, table):
        columns = self.dice.sample(VALUES, 3)
        rows = ", ".join(
            "({})".format(", ".join(
                [str(cell) for cell in self.dice.key(table)]
                + [self.dice.value(column) for column in columns]))
            for _ in range(self.dice.randint(1, 5)))
        verb, end = self.dice.choice((
            ("REPLACE", ""), ("INSERT IGNORE", ""),
            ("INSERT", f" ON DUPLICATE KEY UPDATE {self.dice.change()}")))
        names = ", ".join((*key_of(table), *columns))
        self.sql(f"{verb} INTO {table} ({names}) VALUES {rows}{end}")

    def update(self, table):
        where = self.dice.where(table)
        if self.dice.random() < 0.3:
            where = f"{key_of(table)[0]} >= {self.dice.key(table)[0]} " \
                f"ORDER BY {', '.join(key_of(table))} LIMIT 7"
        self.sql(f"UPDATE {table} SET {self.dice.change()} WHERE {where}")

    def move(self, table):
        """Another key."""
        to = ", ".join(f"{column} = {cell}" for column, cell in zip(
            key_of(table), self.dice.key(table)))
        self.sql(f"UPDATE IGNORE {table} SET {to} "
                 f"WHERE {self.dice.where(table)}")

    def swap(self, _):
        """Two rows change places."""
        one, other = self.dice.sample(range(1, KEYS), 2)
        for old, new in ((one, -one), (other, one), (-one, other)):
            self.sql(f"UPDATE plain SET id = {new} WHERE id = {old}")

    def shift(self, _):
        """Each row takes the key of the next one, in one statement."""
        self.sql("UPDATE IGNORE plain SET id = id + 1 WHERE id BETWEEN "
                 f"{self.dice.randint(1, KEYS)} AND {KEYS} "
                 "ORDER BY id DESC LIMIT 9")

    def delete(self, table):
        self.sql(f"DELETE FROM {table} WHERE {self.dice.where(table)}")

    def savepoint(self, table):
        self.sql("SAVEPOINT s")
        self.update(table)
        self.delete(table)
        if self.dice.random() < 0.5:
            self.sql("ROLLBACK TO s")
        self.insert(table)

    def large(self):
        self.sql(self.dice.choice((
            "INSERT INTO large (id, note, long_text) SELECT k, "
            f"{self.dice.value('note')}, REPEAT('l', 200) FROM {NUMBERS} "
            f"WHERE k <= {LARGE_ROWS} "
            f"ON DUPLICATE KEY UPDATE {self.dice.change()}",
            f"UPDATE large SET {self.dice.change()}",
            "DELETE FROM large WHERE id % 3 = "
            f"{self.dice.randint(0, 2)}")))

    # columns and tables

    def ddl(self):
        table = self.dice.choice(list(TABLES))
        self.dice.choice((self.truncate, self.add, self.add, self.drop,
                          self.modify, self.rename, self.create, self.remove,
                          self.index))(table)

    def truncate(self, table):
        self.sql(f"TRUNCATE TABLE {table}")

    def add(self, table):
        name = self.dice.choice(list(EXTRA))
        self.sql(f"ALTER TABLE {table} ADD COLUMN {name} {EXTRA[name][0]} "
                 + self.dice.choice(("", "FIRST", "AFTER note")))

    def drop(self, table):
        self.sql(f"ALTER TABLE {table} DROP COLUMN "
                 f"{self.dice.choice(list(EXTRA))}")

    def modify(self, table):
        name = self.dice.choice(list(EXTRA))
        self.sql(f"ALTER TABLE {table} MODIFY COLUMN {name} "
                 f"{EXTRA[name][1]}")

    def rename(self, table):
        """A new table takes the place of the old one, as gh-ost does it."""
        end = self.dice.randint(1, 10 ** 9)
        self.sql(f"CREATE TABLE {table}_{end} LIKE {table}")
        self.sql(f"INSERT INTO {table}_{end} SELECT * FROM {table}")
        self.sql("COMMIT")
        try:
            self.sql(f"RENAME TABLE {table} TO {table}_{end}_old, "
                     f"{table}_{end} TO {table}")
        except pymysql.err.MySQLError:
            self.sql(f"DROP TABLE {table}_{end}")
            raise
        self.sql(f"DROP TABLE {table}_{end}_old")

    def create(self, _):
        name = f"late{self.dice.randint(0, 3)}"
        self.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY {COLUMNS})")
        self.sql(f"INSERT INTO {name} (id, note, n) SELECT k, 'late', k / 7 "
                 f"FROM {NUMBERS} WHERE k < 50")

    def remove(self, _):
        self.sql(f"DROP TABLE late{self.dice.randint(0, 3)}")

    def index(self, table):
        self.sql(f"ALTER TABLE {table} ADD KEY (note)")


class Writers:
    """with Writers(rig, seed): so many at once, until the end of it."""

    def __init__(self, rig, seed, count=8, has_ddl=True):
        self.stop = threading.Event()
        self.threads = [Writer(rig, f"{seed}/{number}", self.stop, has_ddl)
                        for number in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        failures = [thread.failure for thread in self.threads
                    if thread.failure]
        assert not failures, failures
        assert sum(thread.commits for thread in self.threads) > 0
