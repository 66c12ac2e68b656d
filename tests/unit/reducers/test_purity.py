"""The reducers may use nothing that differs between machines."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.reducers import REDUCER, SOURCES
from shared.reducers.identity import digest_of, source_files

PROJECT = Path(__file__).parents[3]
FOLDER = PROJECT / "shared" / "reducers"
ALLOWED_IMPORTS = {"hashlib", "json", "pkgutil", "collections.abc", "typing"}
FORBIDDEN_NAMES = {
    "float", "set", "frozenset", "hash", "id", "open", "input", "eval", "exec", "round", "vars",
    "globals", "__import__", "print",
}  # fmt: skip


def trees() -> list[tuple[str, ast.Module]]:
    return [(path.name, ast.parse(path.read_bytes())) for path in sorted(FOLDER.glob("*.py"))]


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


@pytest.mark.parametrize(("name", "tree"), trees(), ids=[name for name, _ in trees()])
class TestSource:
    def test_imports_a_few_parts_of_the_standard_library(self, name: str, tree: ast.Module) -> None:
        foreign = {one for one in imported(tree) if not one.startswith("shared.reducers")}
        assert foreign <= ALLOWED_IMPORTS

    def test_only_its_identity_reads_its_own_source(self, name: str, tree: ast.Module) -> None:
        assert "pkgutil" not in imported(tree) or name == "identity.py"

    def test_has_no_float(self, name: str, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Constant) or not isinstance(node.value, float | complex)
            assert not isinstance(node, ast.Div | ast.Pow)

    def test_has_no_set(self, name: str, tree: ast.Module) -> None:
        """Not even for membership: then nobody can iterate over one."""
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Set | ast.SetComp)]

    def test_uses_nothing_that_differs_between_runs(self, name: str, tree: ast.Module) -> None:
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not used & FORBIDDEN_NAMES

    def test_has_no_global_that_changes(self, name: str, tree: ast.Module) -> None:
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.Global | ast.Nonlocal)]


def test_the_identity_covers_every_source_file() -> None:
    files = {path.name: path.read_bytes() for path in FOLDER.glob("*.py")}
    assert tuple(sorted(files)) == SOURCES
    assert digest_of(files) == digest_of(source_files()) == REDUCER["digest"]


def test_the_identity_changes_with_every_byte_and_name() -> None:
    files = source_files()
    renamed = {("z" + name if name == "state.py" else name): raw for name, raw in files.items()}
    changed = files | {"state.py": files["state.py"] + b"#"}
    moved = files | {
        "replay.py": files["replay.py"] + b"#",
        "state.py": files["state.py"].removesuffix(b"\n"),
    }
    assert len({digest_of(one) for one in (files, renamed, changed, moved)}) == 4


REPLAY = """
import sys; sys.path.insert(0, sys.argv[1])
from tests.attacks.make_bundle import feedback_log, rectification_log
from shared.reducers import REDUCER, state_of, state_digest
for log in (feedback_log(), rectification_log()):
    for stream, records in sorted(log.streams.items()):
        print(stream, state_digest(state_of(records)))
    print(log.state_map().root().hex(), REDUCER["digest"])
"""


def digests(**environment: str) -> bytes:
    ready = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, "-c", REPLAY, str(PROJECT)], env=ready, capture_output=True, check=True
    )
    return done.stdout


def test_the_digests_are_the_same_under_other_circumstances() -> None:
    """Another time zone, locale, and seed of `hash()`."""
    here = digests(TZ="Asia/Shanghai", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    assert len(here) > 1000
    assert here == digests(TZ="America/Caracas", LC_ALL="C", PYTHONHASHSEED="4711")
