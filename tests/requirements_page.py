"""Makes docs/requirements.md: which requirement is proven by which tests, and which is open.

The catalogue is docs/requirements.csv; the proofs are the `@pytest.mark.req(…)` marks in the
tests, read from their syntax trees. `python -m tests.requirements_page` writes the page.
"""

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
CATALOGUE = PROJECT / "docs" / "requirements.csv"
PAGE = PROJECT / "docs" / "requirements.md"
KINDS = {
    "guard": "Guards",
    "transition": "Transitions",
    "reaction": "Reactions between services",
    "invariant": "Invariants",
}
Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def proofs() -> dict[str, list[str]]:
    """Return requirement id → the tests that carry its mark, as `file::test`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = _marked(tree.body)
        for name, marks in _tests(tree.body, "", module):
            for mark in marks:
                found[mark].append(f"{path.relative_to(PROJECT)}::{name}")
    return found


def _marked(body: list[ast.stmt]) -> set[str]:
    """Return the marks of `pytestmark = …` in a module."""
    values = [
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)
    ]
    return {mark for value in values for mark in _marks_in(value)}


def _tests(body: list[ast.stmt], above: str, marks: set[str]) -> Iterator[tuple[str, set[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{node.name}::", marks | _own(node))
        elif isinstance(node, Node) and node.name.startswith("test"):
            yield f"{above}{node.name}", marks | _own(node)


def _own(node: Node) -> set[str]:
    return {mark for decorator in node.decorator_list for mark in _marks_in(decorator)}


def _marks_in(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "req"
        ):
            yield from (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant))


def page() -> str:
    """Return the page."""
    with CATALOGUE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    proven = proofs()
    parts = [_head(rows, proven)]
    for kind, title in KINDS.items():
        parts.append(_table(title, [row for row in rows if row["service"] == kind], proven))
    others = [row for row in rows if row["service"] not in KINDS]
    for service in sorted({row["service"] for row in others}):
        title = f"Rows of {service}"
        parts.append(_table(title, [row for row in others if row["service"] == service], proven))
    return "\n".join(parts)


def _head(rows: list[dict[str, str]], proven: dict[str, list[str]]) -> str:
    done = sum(row["id"] in proven for row in rows)
    return (
        "# Requirements and their proofs\n\n"
        "Made by `make docs` from the marks in the tests; do not edit. A requirement is *proven* "
        "when at least one test carries its mark, else it is **open**.\n\n"
        f"{done} of {len(rows)} have a proving test.\n"
    )


def _table(title: str, rows: list[dict[str, str]], proven: dict[str, list[str]]) -> str:
    lines = [f"## {title}\n", "| id | requirement | priority | proven by |", "|---|---|---|---|"]
    for row in rows:
        tests = proven.get(row["id"], [])
        first = f"{len(tests)} tests, e.g. `{tests[0]}`" if tests else "**open**"
        lines.append(f"| {row['id']} | {row['name']} | {row['priority']} | {first} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
