"""All servers of the lab by name. Each start takes about a second.

    server = MariaDB().start(folder, binlog_row_image="MINIMAL")
    server.query("SELECT 1"); server.url("shop"); server.stop()
"""

from .clickhouse import (Client, ClickHouse, ClickHouseError,
                         OldClickHouse)
from .databases import (PASSWORD, USER, Database, MariaDB, MariaDBNew,
                        MySQL)
from .process import LabError, Server, free_port
from .tls import TlsFront

KINDS = {server.kind: server for server in
         (MariaDB, MySQL, ClickHouse, MariaDBNew, OldClickHouse)}

__all__ = ["Client", "ClickHouse", "ClickHouseError", "Database", "KINDS",
           "LabError", "MariaDB", "MariaDBNew", "MySQL", "OldClickHouse",
           "PASSWORD", "Server", "TlsFront", "USER", "free_port"]
