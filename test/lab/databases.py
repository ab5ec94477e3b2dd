"""MariaDB and MySQL with an empty data folder that is prepared once.

Servers that are not the host's own come out of a tree of another release.
They run by the loader of that tree, with its libraries: no chroot, no mount,
no privilege, and their data lie wherever the test wants them.
"""

import glob
import hashlib
import inspect
import os
import re
import subprocess

import pymysql

from . import cache, tls
from .process import Server

USER = "sync"
PASSWORD = "canary-4Yx9:@/%#z"
GRANTS = "SELECT, PROCESS, REPLICATION SLAVE, REPLICATION CLIENT"
# May not read the log: where no mode is set, windows and whole tables are
# guessed for it.
WINDOW_USER = "window"
WINDOW_GRANTS = "SELECT, PROCESS, REPLICATION CLIENT"

_USERS = f"""
CREATE USER 'root'@'%';
GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;
CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';
GRANT {GRANTS} ON *.* TO '{USER}'@'%';
CREATE USER '{WINDOW_USER}'@'%' IDENTIFIED BY '{PASSWORD}';
GRANT {WINDOW_GRANTS} ON *.* TO '{WINDOW_USER}'@'%';
"""

_OPTIONS = {
    "bind_address": "127.0.0.1",
    "skip_name_resolve": "ON",
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "binlog_row_metadata": "FULL",
    "max_allowed_packet": "1G",
    "innodb_flush_log_at_trx_commit": "2",
    "sync_binlog": "0",
    "innodb_buffer_pool_size": "256M",
    "local_infile": "ON",
    "secure_file_priv": "",
    "character_set_server": "utf8mb4",
}


class Database(Server):
    """Options are the server's variables; None leaves a default out."""

    program = None
    defaults = {}

    # -- where it comes from -----------------------------------------------

    @classmethod
    def tree(cls):
        """Root of the tree it comes from; "" is the host's own."""
        return ""

    @classmethod
    def binary(cls, name=None):
        return f"{cls.tree()}/usr/sbin/{name or cls.program}"

    @classmethod
    def available(cls):
        if cls.tree() is None or not os.access(cls.binary(), os.X_OK):
            return f"{cls.kind} is not installed"
        return None

    @classmethod
    def run_by_loader(cls, path):
        """Start of a command line that runs a program of the tree."""
        if not cls.tree():
            return [path]
        libraries = f"{cls.tree()}/usr/lib/x86_64-linux-gnu"
        return [f"{libraries}/ld-linux-x86-64.so.2", "--library-path",
                libraries, "--argv0", path, path]

    @classmethod
    def tool(cls, name):
        """Command line of a client program, as mysqlbinlog."""
        return cls.run_by_loader(f"{cls.tree()}/usr/bin/{name}")

    @classmethod
    def version(cls):
        text = subprocess.run(
            cls.run_by_loader(cls.binary()) + ["--version"], check=True,
            capture_output=True, text=True).stdout
        return re.search(r"Ver (\d+\.\d+\.\d+)", text)[1]

    @classmethod
    def share(cls):
        return f"{cls.tree()}/usr/share/mysql"

    @classmethod
    def base_command(cls):
        command = cls.run_by_loader(cls.binary()) + ["--no-defaults"]
        if os.geteuid() == 0:
            command.append("--user=root")
        if cls.tree():
            command += [f"--basedir={cls.tree()}/usr",
                        f"--lc-messages-dir={cls.share()}",
                        f"--character-sets-dir={cls.share()}/charsets"]
        return command

    # -- data --------------------------------------------------------------

    @classmethod
    def initialise(cls, data):
        """Fills the empty folder data."""
        raise NotImplementedError

    @classmethod
    def template(cls):
        recipe = _USERS + inspect.getsource(cls.initialise)
        mark = hashlib.sha256(recipe.encode()).hexdigest()[:8]
        return cache.made(f"template-{cls.kind}-{cls.version()}-{mark}",
                          cls.initialise)

    def data(self):
        return os.path.join(self.folder, "data")

    def prepare(self):
        if not os.path.isdir(self.data()):
            cache.copy(self.template(), self.data())
        os.makedirs(self.temporary(), exist_ok=True)

    def temporary(self):
        """Of its own: a server that starts empties the one it finds."""
        return os.path.join(self.folder, "tmp")

    def command(self):
        options = {**_OPTIONS, **tls.server_options(), **self.defaults,
                   **self.options}
        command = self.base_command() + [
            f"--datadir={self.data()}", f"--tmpdir={self.temporary()}",
            f"--port={self.port}",
            f"--socket={self.folder}/s.sock", f"--pid-file={self.folder}/pid"]
        return command + [f"--{name.replace('_', '-')}={value}"
                          for name, value in options.items()
                          if value is not None]

    # -- use ---------------------------------------------------------------

    def url(self, database="", port=None, tables="cdc"):
        """For tidemark; port: that of a proxy in front. The account may read
        the log where the settings of `tables` name the mode."""
        user = USER if "cdc" in str(tables) else WINDOW_USER
        return f"mysql://{user}@127.0.0.1:{port or self.port}/{database}"

    def admin(self, database=None, **more):
        """A connection of root: autocommit, several statements a text."""
        return self.connect("root", "", database, **more)

    def connect(self, user, password, database=None, **more):
        settings = {"charset": "utf8mb4", "autocommit": True,
                    "local_infile": True, "connect_timeout": 10,
                    "max_allowed_packet": 1 << 30,
                    "client_flag":
                        pymysql.constants.CLIENT.MULTI_STATEMENTS}
        settings.update(more)
        return pymysql.connect(host="127.0.0.1", port=self.port, user=user,
                               password=password, database=database,
                               **settings)

    def query(self, sql, arguments=None, database=None):
        """Rows of the last result of sql, as tuples, run by root."""
        with self.admin(database) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql, arguments)
                rows = cursor.fetchall()
                while cursor.nextset():
                    rows = cursor.fetchall()
                return list(rows)

    def create_database(self, name):
        self.query(f"CREATE DATABASE `{name}`")

    def drop_database(self, name):
        """Ends connections that a failed test left open in it."""
        for (number,) in self.query(
                "SELECT id FROM information_schema.processlist WHERE db = %s "
                "AND id <> CONNECTION_ID()", (name,)):
            try:
                self.query(f"KILL {number}")
            except pymysql.MySQLError:
                pass  # it has ended by itself
        self.query(f"DROP DATABASE IF EXISTS `{name}`")

    def ping(self):
        try:
            self.admin(connect_timeout=1).close()
        except pymysql.err.OperationalError:
            return False
        return True


class MariaDB(Database):
    """The host's own."""

    kind = "mariadb"
    install = "mariadb"
    program = "mariadbd"
    defaults = {"server_id": "1011"}

    @classmethod
    def initialise(cls, data):
        scripts = ["system_tables", "performance_tables",
                   "system_tables_data"]
        paths = [glob.glob(f"{cls.share()}/m*_{script}.sql")[0]
                 for script in scripts]
        paths += [f"{cls.share()}/fill_help_tables.sql",
                  f"{cls.share()}/maria_add_gis_sp_bootstrap.sql"]
        paths += glob.glob(f"{cls.share()}/m*_sys_schema.sql")
        parts = ["CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\n"
                 "SET @auth_root_socket = NULL, @skip_auth_anonymous = 1;\n"]
        for path in paths:
            with open(path, encoding="utf-8") as file:
                parts.append(file.read())
        parts.append("FLUSH PRIVILEGES;" + _USERS)
        subprocess.run(
            cls.base_command() + [f"--datadir={data}", "--bootstrap",
                                  "--max-allowed-packet=8M"],
            input="\n".join(parts), text=True, check=True,
            capture_output=True)


class MariaDBNew(MariaDB):
    """11.8 or later, from the next release's tree."""

    kind = "mariadb-new"
    install = "mariadb-new"
    defaults = {"server_id": "1108"}

    @classmethod
    def tree(cls):
        return cache.find("sid-maria-*")

    @classmethod
    def share(cls):
        return f"{cls.tree()}/usr/share/mariadb"


class MySQL(Database):
    """9.7 or later, from the next release's tree."""

    kind = "mysql"
    install = "mysql"
    program = "mysqld"
    defaults = {"server_id": "907", "mysqlx": "OFF", "gtid_mode": "ON",
                "enforce_gtid_consistency": "ON"}

    @classmethod
    def tree(cls):
        return cache.find("sid-mysql-*")

    @classmethod
    def initialise(cls, data):
        users = f"{data}.sql"
        with open(users, "w", encoding="utf-8") as file:
            file.write(_USERS)
        try:
            subprocess.run(
                cls.base_command() + [
                    f"--datadir={data}", "--initialize-insecure",
                    f"--init-file={users}"],
                check=True, capture_output=True)
        finally:
            os.unlink(users)
        os.unlink(f"{data}/auto.cnf")  # each copy has an identity of its own
