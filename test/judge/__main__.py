"""python3 -m judge --source mysql://.. --warehouse clickhouse://..

One line a table, then "N cells equal"; exit code 1 on any difference, 2 when
it cannot judge. Passwords stand in the URLs, or in JUDGE_SOURCE_PASSWORD and
JUDGE_WAREHOUSE_PASSWORD.
"""

import argparse
import os
import sys
from urllib.parse import unquote, urlsplit

import pymysql

from . import clickhouse, digests, source
from .comparator import JudgeError, compare


def connect(url):
    parts = urlsplit(url)
    password = unquote(parts.password or "") \
        or os.environ.get("JUDGE_SOURCE_PASSWORD", "")
    return pymysql.connect(
        host=parts.hostname, port=parts.port or 3306,
        user=unquote(parts.username or "root"), password=password,
        charset="utf8mb4", max_allowed_packet=1 << 30)


def name_of(url):
    return unquote(urlsplit(url).path.strip("/"))


def _arguments():
    parser = argparse.ArgumentParser(prog="judge")
    parser.add_argument("--source", required=True)
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--table", action="append")
    parser.add_argument("--deletes", default="remove",
                        choices=["remove", "mark", "keep"])
    parser.add_argument("--digests", action="store_true",
                        help="compute every stored digest again, too")
    return parser.parse_args()


def judge(arguments):
    """Whether all is equal; prints."""
    connection = connect(arguments.source)
    server = clickhouse.ClickHouse.of_url(
        arguments.warehouse, os.environ.get("JUDGE_WAREHOUSE_PASSWORD", ""))
    from_name, to_name = name_of(arguments.source), name_of(arguments.warehouse)
    names = arguments.table or source.tables(connection, from_name)
    cells, differing = 0, 0
    for name in names:
        verdict = compare(connection, from_name, name, server, to_name,
                          deletes=arguments.deletes, report=None)
        if arguments.digests:
            digests.check_digests(server, to_name, name, verdict,
                                  deletes=arguments.deletes)
        print(verdict)
        cells += verdict.cells if verdict.ok else 0
        differing += not verdict.ok
    if differing:
        print(f"{differing} of {len(names)} tables differ")
    print(f"{cells} cells equal")
    return not differing


def main():
    try:
        return 0 if judge(_arguments()) else 1
    except (JudgeError, pymysql.MySQLError, OSError) as error:
        print(f"judge: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
