"""Which tests a change meets, cheapest and most telling first."""

import os
import re

STEPS = "test/fault/test_a_failed_step_is_told.py"
# Tests on real servers that look at what a source file does.
NEAR = [
    ("src/warehouse/files", ["test/conformance/test_files*.py",
                             "test/conformance/test_every*.py",
                             "test/server/test_files_warehouse.py"]),
    ("src/warehouse", ["test/conformance/test_clickhouse*.py",
                       "test/conformance/test_every*.py"]),
    ("src/source", ["test/server/test_source*.py", "test/server/test_types.py",
                    "test/server/test_charsets.py",
                    "test/server/test_keys_and_marks.py",
                    "test/server/test_scan_faults.py"]),
    ("src/command", ["test/server/test_commands*.py",
                     "test/server/test_bad_input.py"]),
    ("src/settings", ["test/server/test_bad_input.py",
                      "test/server/test_commands_check.py"]),
    ("src/state", [STEPS]), ("src/deliver", [STEPS]), ("src/sync", [STEPS]),
    ("src/", ["test/promise/test_a_change_loses_no_row.py",
              "test/server/test_commands_run.py",
              "test/promise/test_[0-9]*.py"]),
]
PARTS = ("promise", "server", "conformance", "slow", "fault")
# Minutes each: after everything else, in this order; then test/fault.
LAST = ["test/server/test_source_bound.py",
        "test/server/test_random_files.py",
        "test/server/test_random_schemas.py",
        "test/promise/test_10_memory_is_bounded.py",
        "test/promise/test_windows_of_every_cursor.py",
        "test/promise/test_windows_never_read_past_the_safe_time.py",
        "test/server/test_thousand_tables.py"]


def on_servers(root, source):
    """Files of tests on servers, in the order that suits the source file."""
    every = [path.relative_to(root).as_posix() for part in PARTS
             for path in sorted((root / "test" / part).glob("test_*.py"))]
    near = [path.relative_to(root).as_posix()
            for start, patterns in NEAR if str(source).startswith(start)
            for pattern in patterns for path in sorted(root.glob(pattern))]
    late = LAST + [path for path in every
                   if path.startswith("test/fault") and path != STEPS]
    early = [path for path in near + every if path not in late]
    return list(dict.fromkeys(early + late))


def units(root, source):
    """Names of unit tests; those that know the source file come first."""
    own = f'{source.parent.name}/{source.stem}.h"'
    layer = f'"{source.parent.name}/'

    def distance(program):
        text = program.read_text(encoding="utf-8")
        shares = len(os.path.commonprefix(
            [source.stem, program.stem.removeprefix("test_")]))
        return (own not in text, layer not in text, -shares)
    programs = sorted((root / "test/unit").glob("test_*.c"))
    return [program.stem for program in sorted(programs, key=distance)]


def failed(report):
    """The test that failed, as pytest names it in its report."""
    match = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", report,
                      re.MULTILINE)
    return match and match.group(1)
