"""Lines of two sides cancel out; what is left is told apart cell by cell.

Nothing rests on a collation, an order or a sum: two rows are equal when
their lines are (judge.source).
"""

import dataclasses
from typing import Callable

from . import source as src
from .verdict import Difference, Verdict, show


@dataclasses.dataclass
class Matching:
    """One table of the source against any other side."""

    connection: object
    table: src.Table
    verdict: Verdict
    filter: Callable = None  # False: the other side must not show the row
    kept_keys: Callable = None  # keys that the other side may hold on to

    def key_of(self, line):
        cells = line.split("\t")
        return "\t".join(cells[place] for place in self.table.key_places())

    def key_text(self, line):
        cells = line.split("\t")
        places = self.table.key_places() or range(min(4, len(cells)))
        return ", ".join(
            f"{self.table.columns[p].name}="
            + show(cells[p], self.table.columns[p].is_hex) for p in places)

    def read_source(self, where="", wants_keys=False):
        """{line: how often}, and the set of keys where they are wanted."""
        waiting, keys = {}, set()
        for line in src.lines(self.connection, self.table, where):
            if self.filter and not self.filter(self._row(line)):
                continue
            waiting[line] = waiting.get(line, 0) + 1
            if wants_keys:
                keys.add(self.key_of(line))
            self.verdict.rows += 1
        return waiting, keys

    def _row(self, line):
        row = {}
        for column, cell in zip(self.table.columns, line.split("\t")):
            if cell == src.NULL:
                cell = None
            elif column.is_hex:
                cell = bytes.fromhex(cell)
                if column.data_type in src.TEXTS and column.charset:
                    cell = cell.decode()
            row[column.name] = cell
        return row

    def match(self, waiting, lines):
        """Takes the other side's lines from the waiting ones."""
        extra = []
        for line in lines:
            found = waiting.get(line)
            if found is None:
                extra.append(line)
            elif found == 1:
                del waiting[line]
            else:
                waiting[line] = found - 1
        missing = [line for line, n in waiting.items() for _ in range(n)]
        if missing or extra:
            self._tell_apart(missing, extra)

    def _tell_apart(self, missing, extra):
        if not self.table.key:
            for kind, lines in (("missing", missing), ("extra", extra)):
                for line in lines:
                    self.verdict.add(Difference(kind, self.key_text(line)))
            return
        partners = {}
        for line in extra:
            partners.setdefault(self.key_of(line), []).append(line)
        for line in sorted(missing):
            partner = partners.get(self.key_of(line))
            if partner:
                self._compare_cells(line, partner.pop())
            else:
                self.verdict.add(Difference("missing", self.key_text(line)))
        self._tell_extra(sorted(line for lines in partners.values()
                                for line in lines))

    def _tell_extra(self, lines):
        kept = self.kept_keys() if self.kept_keys else set()
        for line in lines:
            if self.key_of(line) in kept:
                self.verdict.kept += 1
            else:
                self.verdict.add(Difference("extra", self.key_text(line)))

    def _compare_cells(self, line, partner):
        for column, left, right in zip(
                self.table.columns, line.split("\t"), partner.split("\t")):
            if left != right:
                self.verdict.add(Difference(
                    "cell", self.key_text(line), column.name,
                    show(left, column.is_hex), show(right, column.is_hex)))
