"""Rows out of nothing, by the server itself: fast, and equal on both kinds.

Texts and numbers of a row come from a hash of the row's number and the column's
name: neighbours share nothing, so compression is not flattered.
"""

DEPTH = 100_000_000


def is_mariadb(connection):
    return "MariaDB" in connection.get_server_info()


def numbers(connection, first, last):
    """A derived table with the one column n, first to last."""
    if is_mariadb(connection):
        return "(SELECT CAST(seq AS SIGNED) AS n FROM " \
            f"seq_{first}_to_{last}) AS numbers"
    return f"(WITH RECURSIVE s (n) AS (SELECT {first} UNION ALL SELECT n + 1" \
        f" FROM s WHERE n < {last}) SELECT n FROM s) AS numbers"


def run(connection, *statements):
    """Each on its own; {n} of a statement is not replaced."""
    with connection.cursor() as cursor:
        cursor.execute("SET NAMES utf8mb4, time_zone = '+00:00',"
                       " sql_mode = ''")
        if not is_mariadb(connection):
            cursor.execute(f"SET cte_max_recursion_depth = {DEPTH}")
        for sql in statements:
            cursor.execute(sql)
    connection.commit()


def text(column):
    return digest(f"CONCAT('{column}/', n)")


def digest(expression):
    """32 hexadecimal digits; MySQL 9.6 has lost MD5."""
    return f"LEFT(SHA2({expression}, 256), 32)"


def number(column, limit):
    """0 to limit - 1."""
    return f"(CONV(LEFT({text(column)}, 13), 16, 10) % {limit})"


def share(column):
    """A DOUBLE from 0 to 1."""
    return f"(CONV(LEFT({text(column)}, 13), 16, 10) / 4503599627370496e0)"


def choice(column, values):
    labels = ", ".join(f"'{value}'" for value in values)
    return f"ELT(1 + {number(column, len(values))}, {labels})"
