"""The completion of bash, driven as bash drives it."""

import os
import subprocess

import pytest

from commands import assert_failure, desk, shop  # noqa: F401

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_tidemark
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(shop, *words):
    """What bash would offer for the last word."""
    path = os.path.join(ROOT, "doc/completion/tidemark")
    done = subprocess.run(
        ["bash", "-u", "-c", ASK, "bash", path, shop.tidemark.binary,
         *words], cwd=shop.tidemark.folder, check=True, text=True,
        capture_output=True, env={**shop.tidemark.environment})
    assert done.stderr == "", done.stderr
    return done.stdout.splitlines()


def test_commands_options_and_values(shop):
    commands = [c["name"] for c in shop.ok("help", "--json").json()[
        "commands"]]
    assert complete(shop, "") == commands
    assert complete(shop, "pr") == ["preview"]
    assert complete(shop, "help", "set") == ["settings"]
    assert complete(shop, "run", "--sk") == ["--skip-if-running"]
    assert complete(shop, "status", "--sk") == []
    assert complete(shop, "--progress", "b") == ["bar"]
    assert complete(shop, "config", "s") == ["show", "schema"]
    assert complete(shop, "backfill", "orders", "--from", "") == []
    assert complete(shop, "run", "--config", "tide") == ["tidemark.yml"]
    # an option's value is not the command
    assert complete(shop, "--log-format", "text", "exp") == ["explain"]


def test_tables_come_from_the_state(shop):
    assert complete(shop, "run", "") == []
    shop.ok("run", "orders", "plain")
    assert complete(shop, "run", "") == ["orders", "plain"]
    assert complete(shop, "backfill", "or") == ["orders"]
    assert complete(shop, "run", "--config", "tidemark.yml", "pl") == \
        ["plain"]
    assert complete(shop, "run", "--config", "absent.yml", "pl") == []
    assert complete(shop, "run", "--state", "tidemark.db", "pl") == ["plain"]


@pytest.mark.parametrize("name", ["$(touch hit)", "`touch hit`", "a b",
                                  "x;touch hit", "\u65e5\u672c", "a'b\"c"])
def test_a_name_is_never_evaluated(shop, name):
    shop.sql(f"CREATE TABLE `{name.replace('`', '``')}` (id INT "
             "PRIMARY KEY)")
    shop.settings(tables=["*", {"bad": {"zero_dates": "null"}}])
    shop.ok("run")
    offered = [word for word in complete(shop, "run", "")
               if word not in ("bad", "orders", "plain")]
    assert len(offered) == 1
    shown = subprocess.run(["bash", "-c", f"printf %s {offered[0]}"],
                           cwd=shop.tidemark.folder, check=True, text=True,
                           capture_output=True).stdout
    assert shown == name
    assert not os.path.exists(os.path.join(shop.tidemark.folder, "hit"))


def test_names_are_the_tables_of_the_state_one_a_line(shop):
    assert shop.ok("names").stdout == ""
    shop.ok("run", "orders")
    assert shop.ok("names").stdout == "orders\n"
    assert "names" not in shop.ok("help").stdout
    os.unlink(shop.tidemark.path)
    assert_failure(shop.run("names"), 2, "TM1004")
