"""The version of a stream as an ETag (RFC 9110): strong, `"7"` is version 7."""

import re

from shared.kernel.errors import InvalidValueError

ETAG_PATTERN = r'^"([1-9][0-9]{0,9})"$'
_STRONG = re.compile(ETAG_PATTERN)


def etag_of(version: int) -> str:
    """Return the ETag of this version."""
    return f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """Return the version that If-Match names, None without the header.

    Raises InvalidValueError for anything but one strong ETag of ours: `*` or a weak tag would
    let a command through that has not seen what it changes.
    """
    if if_match is None:
        return None
    found = _STRONG.match(if_match.strip())
    if found is None:
        raise InvalidValueError('If-Match must be one version in quotes, such as "7"')
    return int(found[1])
