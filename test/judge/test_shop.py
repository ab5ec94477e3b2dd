"""The shop: quick to make, of every kind, and its changes are real."""

import time

from judge import shop
from judge import source as src

ROWS = {"all_types": 2003, "customers": 20_000, "events": 30_000,
        "order_items": 150_000, "orders": 100_000, "page_views": 30_000,
        "products": 5_000}


def _counts(connection, database):
    return {name: src.count(connection, src.describe(connection, database,
                                                     name))
            for name in src.tables(connection, database)}


def test_the_shop_is_made_in_seconds_and_changes(source, make_database):
    database = make_database(source)
    connection = source.admin(database)
    begin = time.monotonic()
    shop.create(connection)
    seconds = time.monotonic() - begin
    assert _counts(connection, database) == ROWS
    assert seconds < 40  # alone on the machine: below 20

    def edges(name, column):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {name} WHERE {column}")
            return cursor.fetchone()[0]
    assert edges("all_types", "big_u = 18446744073709551615") == 1
    assert edges("orders", "updated_at > NOW() - INTERVAL 1 MINUTE") == 0
    shop.change(connection)
    counts = _counts(connection, database)
    assert counts["orders"] == 100_000 + 501 - 100_500 // 1499
    assert counts["order_items"] < ROWS["order_items"]
    assert edges("orders", "updated_at > NOW() - INTERVAL 1 MINUTE") >= 590
    assert edges("orders", "coupon = 'backdated'") == 1
    assert edges("customers", "deleted_at > NOW() - INTERVAL 1 MINUTE") == 39
