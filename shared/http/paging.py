"""Pages by cursor: stable while the list grows, and opaque to the caller."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from shared.kernel.errors import InvalidValueError

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
POSITION_HEADER = "Duban-Position"
"""The header of a command's answer: the position in the service's log up to which it stands."""

T = TypeVar("T")
Row = TypeVar("Row")
Key = tuple[str | int, ...]

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="items of one page")]
Cursor = Annotated[
    str | None, Query(max_length=600, description="`next` of the page before this one")
]
MinPosition = Annotated[
    int,
    Query(
        ge=0,
        le=2**63 - 1,
        description=f"answer only when the read model has reached this {POSITION_HEADER}",
    ),
]


class Page(BaseModel, Generic[T]):
    """One page; `next` is the cursor of the following one, absent at the end."""

    items: list[T]
    next: str | None = None


def encode_cursor(*key: str | int) -> str:
    """Return the cursor that names the last item by its sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type[str] | type[int]) -> Key | None:
    """Return the sort key in the cursor, None for the first page.

    Raises InvalidValueError if it is not a cursor of this list (one value of each of `kinds`).
    """
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise InvalidValueError("the cursor is not one of ours") from None
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise InvalidValueError("the cursor belongs to another list")
    return tuple(key)


def page_of(found: Sequence[Row], limit: int, key: Callable[[Row], Key]) -> Page[Row]:
    """Return the first `limit` of the rows found; ask the database for one more than that."""
    items = list(found[:limit])
    following = encode_cursor(*key(items[-1])) if len(found) > limit else None
    return Page(items=items, next=following)
