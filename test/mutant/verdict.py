"""Whether a change was noticed, and by which test.

A test has noticed when it fails twice with the change and passes once without
it; one that does not is a flake, and the change goes on being tested.
"""

import contextlib

from . import tests
from .tree import ASAN

NO_PROGRAM = "does not compile"


@contextlib.contextmanager
def changed(tree, path, text):
    """The file of the tree with another text, for as long as this lasts."""
    file = tree.root / path
    kept = file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(kept, encoding="utf-8")


def with_change(tree, change):
    lines = (tree.root / change.path).read_text(encoding="utf-8").splitlines()
    lines[change.number] = change.new
    return changed(tree, change.path, "\n".join(lines) + "\n")


def by_units(tree, clean, change):
    """The name of the unit test that noticed, None, or NO_PROGRAM."""
    with with_change(tree, change):
        if not tree.build():
            return NO_PROGRAM
        return unit_killer(tree, clean, change.path)


def by_servers(tree, clean, change):
    """The same for what no unit test noticed."""
    with with_change(tree, change):
        if not tree.build():
            raise ValueError(f"{change}: does not build any more")
        return server_killer(tree, clean, change.path)


def unit_killer(tree, clean, source):
    names = tests.units(tree.root, source)
    for name in names:
        if tree.unit_fails(name) and not clean.unit_fails(name):
            return name
    if tree.settings_fail():
        return "check-settings"
    if not tree.build(ASAN):
        raise ValueError(f"no sanitizers: {tree.report()}")
    for name in names:
        if tree.unit_fails(name, ASAN) and not clean.unit_fails(name, ASAN):
            return f"{name} with sanitizers"
    return None


def server_killer(tree, clean, source):
    flakes = []
    while True:
        spared = [f"--deselect={name}" for name in flakes]
        name = tree.pytest(*spared, *tests.on_servers(tree.root, source))
        if not name or is_kill(tree, clean, name):
            return name
        print(f"flake: {name}", flush=True)
        flakes.append(name)


def is_kill(tree, clean, name):
    """On the same servers, for those are what both have in common."""
    return bool(tree.pytest(name)) and not clean.pytest(name, lab=tree.lab)


def breaker(tree, clean, promise):
    """The test that sees that the promise is broken, and passes where it is
    not; None where the promise's own tests see nothing."""
    text = (tree.root / promise.source).read_text(encoding="utf-8")
    with changed(tree, promise.source, promise.applied(text)):
        if not tree.build():
            raise ValueError(f"{promise}: does not build: {tree.report()}")
        name = test_fails(tree, promise.test)
    return name if name and not test_fails(clean, name, tree.lab) else None


def test_fails(tree, test, lab=None):
    """The test that failed, None where all passed."""
    if test.endswith(".c"):
        name = test.split("/")[-1].removesuffix(".c")
        return test if tree.unit_fails(name) else None
    return tree.pytest(test, lab=lab)
