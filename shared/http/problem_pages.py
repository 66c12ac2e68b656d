"""The pages behind the problem types: what each means. Plain HTML, nothing loaded from outside."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from shared.http.problems import TYPE_PREFIX, Kind, catalogue
from shared.kernel.errors import NotFoundError

router = APIRouter(include_in_schema=False)


@router.get("/problems", response_class=HTMLResponse)
def problem_types() -> HTMLResponse:
    """List every type of problem this service may answer with."""
    rows = "".join(_row(kind) for kind in catalogue().values())
    return _page("Problem types", f"<table><tr><th>Type</th><th>HTTP</th></tr>{rows}</table>")


@router.get("/problems/{code}", response_class=HTMLResponse)
def problem_type(code: str) -> HTMLResponse:
    """Explain one type of problem."""
    kind = catalogue().get(code)
    if kind is None:
        raise NotFoundError("there is no such problem type")
    meaning = f"<p>{escape(kind.meaning)}</p>" if kind.meaning else ""
    said = f"<p>{escape(kind.title)}. HTTP status {kind.status}.</p>"
    return _page(kind.code, f'{said}{meaning}<p><a href="/problems">All types</a></p>')


def _row(kind: Kind) -> str:
    link = f'<a href="{TYPE_PREFIX}{escape(kind.code)}">{escape(kind.code)}</a>'
    return f"<tr><td>{link}: {escape(kind.title)}</td><td>{kind.status}</td></tr>"


def _page(title: str, content: str) -> HTMLResponse:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head>{head}</head>'
        f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    )
