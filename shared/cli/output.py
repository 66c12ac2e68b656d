"""What a person sees (Rich), what a machine reads (JSON), and how a failure ends."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.kernel.errors import DubanError, InvalidValueError, NotFoundError, UnavailableError

screen = Console()
errors = Console(stderr=True)

P = ParamSpec("P")
R = TypeVar("R")

EXIT_CODES: tuple[tuple[type[DubanError], int], ...] = (
    (InvalidValueError, 2),
    (NotFoundError, 3),
    (UnavailableError, 4),
    (DubanError, 1),
)
"""0 done · 1 refused · 2 wrong input · 3 not found · 4 something does not answer."""

AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON, for a machine to read.")]


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command end with one clear line and an exit code when Duban says no."""

    @wraps(command)
    def ending(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except DubanError as error:
            sentence = f"[red]{escape(error.title)}[/red]: {escape(error.detail)}"
            errors.print(sentence, highlight=False, soft_wrap=True)
            raise typer.Exit(exit_code(error)) from error

    return ending


def exit_code(error: DubanError) -> int:
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def print_json(value: Any) -> None:
    """Print one JSON value and nothing else on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def print_json_line(value: Any) -> None:
    """Print one JSON value on one line (NDJSON)."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table for a person."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    screen.print(table)


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Let Ctrl-C end a following command quietly."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print("stopped")
