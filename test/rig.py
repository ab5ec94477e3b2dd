"""A source, a warehouse and a tidemark between them, for one test.

    rig = Rig(source, clickhouse, database, tidemark)
    rig.sql("CREATE TABLE t (id INT PRIMARY KEY)")
    rig.settings(tables=[{"t": {"mode": "incremental"}}])
    rig.ok("run")
    rig.equal("t")

What "equal" means is decided by the judge, which shares no code with tidemark.
"""

from judge.comparator import compare
from judge.digests import check_digests
from judge.clickhouse import ClickHouse as JudgeClickHouse

ORDERS = """CREATE TABLE {name} (
 id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, customer INT NOT NULL,
 state ENUM('new','paid','sent') NOT NULL, total DECIMAL(12,2) NOT NULL,
 quantity SMALLINT NOT NULL, name VARCHAR(100), note VARCHAR(255),
 weight DOUBLE, placed DATETIME NOT NULL,
 updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
   ON UPDATE CURRENT_TIMESTAMP(3),
 KEY (updated_at)) DEFAULT CHARSET=utf8mb4"""

FILL = """INSERT INTO {name} (customer, state, total, quantity, name, note,
 weight, placed) SELECT n % 997, 1 + n % 3, n / 7, n % 300,
 LEFT(SHA2(n, 224), 32), IF(n % 7 = 0, NULL,
 CONCAT('note ', LEFT(SHA2(n + 1, 224), 32))), n / 3e0,
 '2024-01-01' + INTERVAL n MINUTE FROM (
 SELECT a.i + 10 * b.i + 100 * c.i + 1000 * d.i + 10000 * e.i
 + 100000 * f.i n FROM {digits}) x WHERE n < {count}"""
DIGIT = "(SELECT 0 i UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL " \
    "SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 " \
    "UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"


class Rig:
    def __init__(self, source, clickhouse, database, tidemark):
        self.source = source
        self.clickhouse = clickhouse
        self.database = database
        self.tidemark = tidemark
        self.source_port = None
        self.warehouse_port = None
        self.connection = source.admin(database)
        self.sql("SET sql_mode = '', time_zone = '+00:00'")

    # settings

    def settings(self, tables="*", source=None, warehouse=None, **more):
        """Settings for both ends; ports may be those of a proxy."""
        self.tidemark.settings({
            "source": {"url": self.source.url(
                self.database, self.source_port, tables),
                "password": "${env:LAB_PASSWORD}", **(source or {})},
            "warehouse": {"url": self.clickhouse.url(
                self.database, self.warehouse_port),
                "password": "${env:LAB_PASSWORD}", **(warehouse or {})},
            "tables": tables, **more})

    # the source

    def sql(self, text, arguments=None):
        with self.connection.cursor() as cursor:
            cursor.execute(text, arguments)
            return cursor.fetchall()

    def orders(self, count=1000, name="orders"):
        """A table of ordinary orders with that many rows."""
        self.sql(ORDERS.format(name=name))
        digits = ", ".join(f"{DIGIT} {letter}" for letter in "abcdef")
        self.sql(FILL.format(name=name, digits=digits, count=count))

    def handler_reads(self):
        """How many index entries the server has read onwards, all in all."""
        rows = self.sql("SHOW GLOBAL STATUS LIKE 'Handler_read_next'")
        return int(rows[0][1])

    # the program

    def run(self, *arguments, **more):
        return self.tidemark.run(*arguments, **more)

    def ok(self, *arguments, **more):
        return self.tidemark.ok(*arguments, **more)

    def state(self, sql):
        return self.tidemark.state(sql)

    def checkpoint(self, stream):
        rows = self.state(
            f"SELECT checkpoint FROM streams WHERE name = '{stream}'")
        return rows[0][0] if rows else None

    # the warehouse

    def rows(self, sql):
        return self.clickhouse.rows(sql, self.database)

    def value(self, sql):
        return self.clickhouse.admin().value(sql, self.database)

    def verdict(self, table, target=None, **more):
        return compare(self.connection, self.database, table,
                       JudgeClickHouse.of(self.clickhouse), self.database,
                       target=target or table, **more)

    def equal(self, table, target=None, **more):
        """Every cell, digest and bucket, by the independent judge."""
        self.connection.rollback()
        verdict = self.verdict(table, target, **more)
        assert verdict.ok, str(verdict)
        check_digests(JudgeClickHouse.of(self.clickhouse), self.database,
                      target or table, verdict)
        assert verdict.ok, str(verdict)
        return verdict
