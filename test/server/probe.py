"""Runs source_probe.c, which stands beside, against a server of the lab."""

import os
import shlex
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODULES = ("libmariadb yaml-0.1 jansson libxxhash openssl sqlite3 libzstd "
           "liblz4 libcurl zlib")


def build(folder, name, sources=HERE):
    """The program, built once a folder and whenever the library is newer."""
    build = os.environ.get("TIDEMARK_BUILD", ROOT)
    library = os.path.join(build, "libtidemark.a")
    source = os.path.join(sources, f"{name}.c")
    target = os.path.join(folder, name)
    if os.path.exists(target) and os.path.getmtime(target) > max(
            os.path.getmtime(library), os.path.getmtime(source)):
        return target
    flags = shlex.split(subprocess.run(
        ["pkg-config", "--cflags", "--libs", *MODULES.split()], check=True,
        capture_output=True, text=True).stdout)
    subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-pthread", f"-I{ROOT}/include",
         f"-I{ROOT}/src", "-o", target, source, library, *flags, "-lm",
         *shlex.split(os.environ.get("PROBE_FLAGS", ""))], check=True)
    return target


class Probe:
    def __init__(self, folder, server, database):
        self.program = build(folder, "source_probe")
        self.server = server
        self.database = database

    def run(self, *words, url=None, **environment):
        """What it prints. Passwords go by LAB_PASSWORD."""
        result = subprocess.run(
            [self.program, url or self.server.url(self.database),
             *[str(word) for word in words]],
            capture_output=True, text=True, timeout=120,
            env={**os.environ, "LAB_PASSWORD": self.password, **environment})
        assert result.returncode in (0, 1), result.stderr
        return result.stdout

    @property
    def password(self):
        from lab.servers import PASSWORD
        return PASSWORD

    def values(self, *words, **options):
        """The line name=value name=value.. as a dict."""
        text = self.run(*words, **options)
        return dict(part.split("=", 1) for part in text.split()
                    if "=" in part)

    def pages(self, table, rows, *words, **options):
        return _counts(self.values("pages", table, rows, *(words or ["key"]),
                                   **options))

    def many(self, rows, tables):
        """Pages by key of each table."""
        found = {}
        for line in self.run("many", rows, *tables).splitlines():
            values = dict(part.split("=", 1) for part in line.split()
                          if "=" in part)
            assert "error" not in values, (found, line)
            found[values["table"]] = _counts(values)
        return found


def _counts(values):
    return {name: int(values[name])
            for name in ("rows", "pages", "excess", "sorted")}
