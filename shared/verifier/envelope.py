"""A record taken apart: what the envelope says, and the facts (V4).

Nearly every record follows one pattern to the letter: then nothing but its facts has to be parsed.
Any other is parsed as a whole and looked at field by field (records.py), which accepts whatever
else is right, such as an envelope with escapes, and says what is wrong with the rest.
"""

import re
from functools import cache
from typing import Any, NamedTuple

from shared.verifier.errors import BrokenError
from shared.verifier.records import parse, require_envelope, written_facts

_TEXT = r"[ !#-\[\]-~]*"
_NAME = r"[ !#-\[\]-~]+"
_COUNT = "[1-9][0-9]{0,14}"
_TIME = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])"
    r":[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
)
_BEFORE_FACTS = re.compile(
    rf'{{"actor":{{"org":"{_TEXT}","person_ref":"{_TEXT}","role":"{_TEXT}","via":"{_TEXT}"}}'
    rf',"causation":"({_TEXT})","class":"C[0-5]","command":"{_TEXT}","correlation":"{_TEXT}"'
    r',"data":'.encode()
)
_AFTER_FACTS = b',"f":"duban/1","id":"'


class Record(NamedTuple):
    """What a record says; `written` are the canonical bytes of its facts."""

    stream: str
    version: int
    prev: str
    id: str
    cause: str
    type: str
    facts: dict[str, Any]
    written: bytes


def read(raw: bytes, service: str, tenant: str) -> Record:
    """Return what a record says; raises BrokenError unless it is right by itself.

    An empty `tenant` is not compared.
    """
    before, at = _BEFORE_FACTS.match(raw), raw.rfind(_AFTER_FACTS)
    after = _after_facts(service, tenant).fullmatch(raw, at) if before and at > 0 else None
    if before is None or after is None:
        return read_slowly(raw, service, tenant)
    event_id, prev, stream, event_type, version = after.groups()
    written = raw[before.end() : at]
    try:
        facts = parse(written)
    except BrokenError:
        return read_slowly(raw, service, tenant)
    return Record(
        stream.decode(), int(version), prev.decode(), event_id.decode(), before[1].decode(),
        event_type.decode(), facts, written,
    )  # fmt: skip


def read_slowly(raw: bytes, service: str, tenant: str) -> Record:
    """Return the same as `read` for any record, field by field."""
    record = parse(raw)
    require_envelope(record, service, tenant)
    return Record(
        record["stream"], record["version"], record["prev"], record["id"], record["causation"],
        record["type"], record["data"], written_facts(raw),
    )  # fmt: skip


@cache
def _after_facts(service: str, tenant: str) -> re.Pattern[bytes]:
    """Return the pattern of what follows the facts in the log of this service."""
    own, tenants = re.escape(service), re.escape(tenant) if tenant else _TEXT
    return re.compile(
        rf',"f":"duban/1","id":"({_TEXT})","policy":"{_TEXT}","prev":"({_TEXT})"'
        rf',"schema":{_COUNT},"service":"{own}","stream":"({_NAME})","tenant":"{tenants}"'
        rf',"time":"{_TIME}","trace":"{_TEXT}","type":"((?:{own}|log)\.{_TEXT})"'
        rf',"version":({_COUNT})}}'.encode()
    )
