"""One table by dlt with connectorx; run by the Python that has them.

    peer_dlt.py SOURCE-URL TABLE DATABASE TCP-PORT HTTP-PORT FOLDER
"""

import sys

import dlt
from dlt.sources.sql_database import sql_table

url, name, database, tcp_port, http_port, folder = sys.argv[1:]
pipeline = dlt.pipeline(
    "bench", pipelines_dir=folder, dataset_name="dlt",
    destination=dlt.destinations.clickhouse(credentials={
        "host": "127.0.0.1", "port": int(tcp_port),
        "http_port": int(http_port), "username": "default", "password": "",
        "database": database, "secure": 0}))
pipeline.run(sql_table(
    credentials=url, table=name, backend="connectorx",
    backend_kwargs={"conn": url.replace("mysql+pymysql", "mysql")}))
