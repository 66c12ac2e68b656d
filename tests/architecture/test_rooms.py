"""Every service has the same rooms, and a line of code knows its room."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SERVICES = sorted(path.parent for path in (PROJECT / "services").glob("*/__main__.py"))
NEEDED = {"README.md", "domain", "application", "policies", "read_models", "api", "schemas",
          "bootstrap", "__main__", "__init__"}  # fmt: skip
ALLOWED = NEEDED | {"gateways", "settings", "__pycache__"}
SOURCES = sorted(path for top in ("services", "shared") for path in (PROJECT / top).rglob("*.py"))
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}
LARGEST_FILE = 450
LARGEST_CATALOGUE = 800  # one module per publishing service: a vocabulary is looked up, not read
MEDIAN_FUNCTION = 10


def rooms(service: Path) -> set[str]:
    return {path.stem if path.suffix == ".py" else path.name for path in service.iterdir()}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_the_services_of_the_house_are_there() -> None:
    names = {service.name for service in SERVICES}
    assert {"feedback", "rectification", "supervision", "accountability", "directory"} <= names


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
class TestEveryService:
    def test_has_every_room(self, service: Path) -> None:
        assert NEEDED - rooms(service) == set()

    def test_has_no_other_room(self, service: Path) -> None:
        assert rooms(service) - ALLOWED == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
class TestEverySource:
    def test_has_a_name_that_says_what_it_is(self, path: Path) -> None:
        assert path.name not in FORBIDDEN_NAMES

    def test_is_not_too_long(self, path: Path) -> None:
        is_catalogue = path.parent.name == "contracts"
        most = LARGEST_CATALOGUE if is_catalogue else LARGEST_FILE
        assert len(path.read_text(encoding="utf-8").splitlines()) <= most

    def test_says_in_its_docstring_what_it_is_for(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) or not tree.body or path.name == "__main__.py"


def test_the_median_function_is_short() -> None:
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in SOURCES
        for node in functions(path)
    )
    assert lengths[len(lengths) // 2] <= MEDIAN_FUNCTION


def appliers() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in SOURCES:
        for node in functions(path):
            if any(
                isinstance(mark, ast.Call)
                and isinstance(mark.func, ast.Name)
                and mark.func.id == "applies"
                for mark in node.decorator_list
            ):
                yield path, node


APPLIERS = list(appliers())


@pytest.mark.parametrize(
    ("path", "applier"), APPLIERS, ids=[f"{p.stem}.{n.name}" for p, n in APPLIERS]
)
class TestEveryApplier:
    """Law 1: decide outside, apply inside."""

    def test_raises_nothing(
        self, path: Path, applier: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> None:
        assert not [node for node in ast.walk(applier) if isinstance(node, ast.Raise | ast.Assert)]

    def test_decides_nothing_and_asks_nobody(
        self, path: Path, applier: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> None:
        called = {
            node.func.attr
            for node in ast.walk(applier)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        forbidden = {"record", "now", "today", "new", "uuid4", "get_connection", "execute"}
        assert not called & forbidden
        assert not [name for name in called if name.startswith("require_")]
