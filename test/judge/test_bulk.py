"""Bulk tables: the same rows on every server, whenever they are made."""

from judge import bulk
from judge import source as src


def test_rows_are_equal_on_both_kinds_of_server(mariadb, mysql, make_database,
                                                monkeypatch):
    monkeypatch.setattr("judge.bulk.CHUNK", 70)
    database = make_database(mariadb, mysql)
    for shape in bulk.SHAPES:
        made = []
        for server in (mariadb, mysql):
            connection = server.admin(database)
            bulk.fill(connection, shape, 150)
            bulk.fill(connection, shape, 50, first=151)
            src.begin(connection)
            plan = src.describe(connection, database, shape)
            made.append(sorted(src.lines(connection, plan)))
        assert made[0] == made[1], shape
        assert len(made[0]) == 200
