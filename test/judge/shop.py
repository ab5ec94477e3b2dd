"""A small shop of some 340,000 rows with every kind of column and key.

    create(connection)   # in the connection's database, under 20 s
    change(connection)   # a day's work: new, changed, deleted, backdated rows

or from the shell, as root of a server of this host:
    python3 -m judge.shop make|change --port PORT --database shop
"""

import argparse

import pymysql

from .numbers import choice, digest, is_mariadb, number, numbers, run, \
    share, text
from .shop_types import create_all_types
from .source import quote

TABLES = ["all_types", "customers", "events", "order_items", "orders",
          "page_views", "products"]
CUSTOMERS, PRODUCTS, ORDERS, EVENTS, VIEWS = 20_000, 5_000, 100_000, 30_000, \
    30_000
_FIRST_DAY = "'2023-01-01 00:00:00'"

_SCHEMA = """
CREATE TABLE customers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(190) NOT NULL, name VARCHAR(100) NOT NULL,
  city VARCHAR(60) CHARACTER SET latin1 NULL, birthday DATE NULL,
  is_member BOOL NOT NULL DEFAULT 0, tags SET('new','vip','press','staff'),
  balance DECIMAL(12,2) NOT NULL DEFAULT 0, note TEXT NULL,
  created_at DATETIME NOT NULL, deleted_at DATETIME NULL,
  updated_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
    ON UPDATE CURRENT_TIMESTAMP(6),
  UNIQUE KEY (email), KEY (updated_at)) DEFAULT CHARSET=utf8mb4;
CREATE TABLE products (
  id {uuid} NOT NULL PRIMARY KEY, sku BINARY(8) NOT NULL,
  name VARCHAR(80) NOT NULL, description MEDIUMTEXT NULL,
  price DECIMAL(10,3) NOT NULL, weight DOUBLE NULL, rating FLOAT NULL,
  attributes JSON NULL, picture BLOB NULL, opens TIME(3) NULL,
  updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
    ON UPDATE CURRENT_TIMESTAMP(3), KEY (updated_at)
) DEFAULT CHARSET=utf8mb4;
CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  state ENUM('new','paid','sent','returned') NOT NULL,
  total DECIMAL(12,2) NOT NULL, lines_count SMALLINT NOT NULL,
  coupon VARCHAR(100) NULL, address VARCHAR(255) NULL,
  discount DOUBLE NOT NULL, placed_at DATETIME NOT NULL,
  updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
    ON UPDATE CURRENT_TIMESTAMP(3),
  total_with_tax DECIMAL(14,4) AS (total * 1.19) STORED,
  KEY (updated_at), KEY (customer_id)) DEFAULT CHARSET=utf8mb4;
CREATE TABLE order_items (
  order_id BIGINT UNSIGNED NOT NULL, line SMALLINT UNSIGNED NOT NULL,
  product_id {uuid} NOT NULL, quantity MEDIUMINT NOT NULL,
  price DECIMAL(10,3) NOT NULL, flags BIT(3) NOT NULL,
  updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
    ON UPDATE CURRENT_TIMESTAMP(6), PRIMARY KEY (order_id, line),
  KEY (updated_at), FOREIGN KEY (order_id) REFERENCES orders (id)
    ON DELETE CASCADE) DEFAULT CHARSET=utf8mb4;
CREATE TABLE events (
  code VARCHAR(40) COLLATE utf8mb4_unicode_ci NOT NULL PRIMARY KEY,
  kind VARCHAR(20) NOT NULL, body LONGTEXT NULL,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
    ON UPDATE CURRENT_TIMESTAMP, KEY (updated_at)) DEFAULT CHARSET=utf8mb4;
CREATE TABLE page_views (
  at DATETIME(6) NOT NULL, path VARCHAR(200) NOT NULL, customer_id INT NULL,
  seconds FLOAT NULL, agent VARCHAR(100) NULL) DEFAULT CHARSET=utf8mb4"""

_COLUMNS = {
    "customers": "(id, email, name, city, birthday, is_member, tags, balance,"
                 " note, created_at, deleted_at, updated_at)",
    "products": "(id, sku, name, description, price, weight, rating,"
                " attributes, picture, opens, updated_at)",
    "orders": "(id, customer_id, state, total, lines_count, coupon, address,"
              " discount, placed_at, updated_at)",
    "order_items": "(order_id, line, product_id, quantity, price, flags,"
                   " updated_at)",
    "events": "(code, kind, body, updated_at)",
    "page_views": "(at, path, customer_id, seconds, agent)"}


def _moment(column, part="0"):
    return f"{_FIRST_DAY} + INTERVAL {number(column, 80_000_000)} SECOND " \
        f"+ INTERVAL {part} MICROSECOND"


def _product_id(place):
    """The id of the product of that number, as a UUID of version 4."""
    hashed = digest(f"CONCAT('product/', {place})")
    parts = [f"SUBSTR({hashed}, {at}, {size})"
             for at, size in ((1, 8), (9, 4), (13, 3), (17, 3), (21, 12))]
    parts[2], parts[3] = f"CONCAT('4', {parts[2]})", f"CONCAT('8', {parts[3]})"
    return f"CONCAT_WS('-', {', '.join(parts)})"


def _values():
    micro = number("us", 1_000_000)
    return {
        "customers": f"""n, CONCAT('c', n, '@example.com'),
            CONCAT({choice('first', ['Zoë', 'Bob', '李', 'Ève'])}, ' ',
            LEFT({text('last')}, 7)), {choice('city', ['Köln', 'Genève',
            'Paris', 'Łódź'])}, IF(n % 9 = 0, NULL, '1940-01-01' +
            INTERVAL {number('born', 25000)} DAY), n % 3 = 0,
            {number('tags', 16)}, ({number('bal', 200000)} - 100000) / 100,
            IF(n % 4 = 0, {text('note')}, NULL), {_moment('cc')},
            IF(n % 50 = 0, {_moment('cd')}, NULL), {_moment('cu', micro)}""",
        "products": f"""{_product_id('n')}, UNHEX(LEFT({text('sku')}, 12)),
            CONCAT('Product ', n), REPEAT({text('words')}, n % 40),
            {number('price', 1000000)} / 1000, {share('w')} * 100,
            {share('r')} * 5, CONCAT('{{"n": ', n, ', "tags": ["x", null]}}'),
            IF(n % 5 = 0, UNHEX(REPEAT({text('pic')}, 9)), NULL),
            SEC_TO_TIME(n % 86400), {_moment('pu')}""",
        "orders": f"""n, 1 + {number('oc', CUSTOMERS)},
            {choice('state', ['new', 'paid', 'sent', 'returned'])},
            {number('total', 1000000)} / 100, 1 + n % 3,
            IF(n % 7 = 0, {text('coupon')}, NULL), {text('address')},
            {share('disc')}, {_moment('op')}, {_moment('ou', micro)}""",
        "order_items": f"""1 + n DIV 2, 1 + n % 2,
            {_product_id(f"1 + {number('ip', PRODUCTS)}")}, 1 + n % 9,
            {number('item', 100000)} / 1000, n % 8, {_moment('iu', micro)}""",
        "events": f"""CONCAT({choice('ev', ['Login', 'cart', 'PAY'])}, '-',
            n), {choice('ek', ['web', 'app'])}, IF(n % 3 = 0, NULL,
            {text('body')}), {_moment('eu')}""",
        "page_views": f"""{_moment('va', micro)}, CONCAT('/', LEFT(
            {text('path')}, 3)), IF(n % 2 = 0, NULL, n), {share('vs')} * 9,
            {choice('agent', ['Firefox', 'Chrome', 'Safari'])}"""}


def create(connection):
    """All tables anew, filled, in the connection's database."""
    uuid = "UUID" if is_mariadb(connection) else "CHAR(36)"
    names = ", ".join(reversed(TABLES))
    run(connection, "SET foreign_key_checks = 0",
        f"DROP TABLE IF EXISTS {names}", "SET foreign_key_checks = 1",
        *_SCHEMA.format(uuid=uuid).split(";"))
    sizes = {"customers": CUSTOMERS, "products": PRODUCTS, "orders": ORDERS,
             "order_items": ORDERS * 3 // 2, "events": EVENTS,
             "page_views": VIEWS}
    for name, values in _values().items():
        run(connection, f"INSERT INTO {name} {_COLUMNS[name]} SELECT {values}"
            f" FROM {numbers(connection, 1, sizes[name])}")
    create_all_types(connection)


def change(connection, unseen=True):
    """Changes of a day; each sets updated_at to now.

    Customers are deleted softly. unseen: also what no window of a cursor
    can see: orders deleted (their items go by cascade), one backdated.
    """
    values = _values()
    rows = numbers(connection, ORDERS + 1, ORDERS + 500)
    run(connection,
        f"INSERT INTO orders {_COLUMNS['orders']} SELECT {values['orders']}"
        f" FROM {rows} ON DUPLICATE KEY UPDATE coupon = 'again'",
        f"UPDATE orders SET updated_at = NOW(3) WHERE id > {ORDERS}",
        "UPDATE orders SET state = 'returned', total = total + 1"
        " WHERE id % 997 = 0",
        "UPDATE customers SET deleted_at = NOW() WHERE id % 501 = 0",
        "UPDATE products SET price = price + 0.001, attributes = '[]'"
        " ORDER BY id LIMIT 40",
        "UPDATE events SET body = CONCAT(body, ' \u20ac'), updated_at = NOW()"
        " ORDER BY code LIMIT 60",
        "DELETE FROM page_views ORDER BY at LIMIT 10",
        "INSERT INTO page_views (at, path) VALUES (NOW(6), '/new')")
    if unseen:
        run(connection, "DELETE FROM orders WHERE id % 1499 = 0",
            f"INSERT INTO orders {_COLUMNS['orders']} VALUES (0, 1, 'new', 1,"
            " 1, 'backdated', NULL, 0, '2023-01-01', '2023-01-01')")


def main():
    parser = argparse.ArgumentParser(prog="judge.shop")
    parser.add_argument("what", choices=["make", "change"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True, help="made if missing")
    parser.add_argument("--unseen", action="store_true", help="also change "
                        "what windows of a cursor cannot see")
    arguments = parser.parse_args()
    connection = pymysql.connect(host="127.0.0.1", port=arguments.port,
                                 user="root", charset="utf8mb4")
    name = quote(arguments.database)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS {name}")
        cursor.execute(f"USE {name}")
    if arguments.what == "make":
        create(connection)
    else:
        change(connection, arguments.unseen)


if __name__ == "__main__":
    main()
