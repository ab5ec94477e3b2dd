"""The judge: are two tables equal, cell by cell?

It shares no code with the program it judges. What each type becomes is
written here again from doc/types.md and from the servers' own documentation.

    from judge.comparator import compare
    verdict = compare(connection, "shop", "orders", clickhouse, "shop")
    assert verdict.ok, verdict
"""
