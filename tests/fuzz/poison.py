"""Messages that no relay would put on a topic, drawn by hypothesis from what a relay did put.

What names a stream names one of its own (`fuzz/…`): whatever comes of it is known by that.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from shared.eventstore.record import RecordedEvent
from shared.kernel.ids import event_id
from shared.messaging.headers import encode
from shared.messaging.topics import PARTITIONS, partition_of

RawHeaders = tuple[tuple[str, bytes | None], ...]
Fields = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

LIMIT = 65_535


@dataclass(frozen=True)
class Poison:
    """One message, and what is wrong with it."""

    wrong: str
    source: str
    key: bytes | None
    value: bytes | None
    headers: RawHeaders
    partition: int


@dataclass(frozen=True)
class Genuine:
    """A record of a service as its relay would send it, under the name of a fresh stream."""

    source: str
    recorded: RecordedEvent
    generation: str
    stream: str

    def fields(self) -> Fields:
        """Return the fields; their facts break the contract, so that nobody can act on them."""
        found: Fields = json.loads(self.recorded.raw)
        return found | {
            "data": {"unknown": 1},
            "stream": self.stream,
            "version": 1,
            "prev": "",
            "id": event_id(self.source, self.stream, 1),
        }

    def sent(self, wrong: str, fields: Fields, raw: bytes | None = None) -> Poison:
        """Return the message of these fields, its headers told as the relay tells them."""
        value = written(fields) if raw is None else raw
        told = {
            "ce_id": fields.get("id"),
            "ce_type": fields.get("type"),
            "ce_source": f"/duban/{fields.get('tenant')}/{fields.get('service')}",
            "ce_subject": fields.get("stream"),
            "ce_time": fields.get("time"),
            "traceparent": fields.get("trace"),
        }
        known = encode(self.recorded, self.generation)
        headers = tuple((name, _told(told[name]) if name in told else had) for name, had in known)
        key = _told(fields.get("stream"))
        return Poison(wrong, self.source, key, value, headers, _partition(self.stream))


def written(fields: Fields, **how: Any) -> bytes:
    """Return the JSON of the fields, canonical as far as their values allow."""
    usual: Fields = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False}
    return json.dumps(fields, **(usual | how)).encode("utf-8", "surrogatepass")


def _told(value: Any) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")


def _partition(stream: str) -> int:
    return partition_of(stream, PARTITIONS)


def noise(draw: Draw, told: Genuine) -> Poison:
    names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    header = st.tuples(names, st.none() | st.binary(max_size=40))
    key = draw(st.none() | st.binary(max_size=40))
    values = st.binary(max_size=2000)
    return Poison(
        "random bytes",
        told.source,
        key,
        draw(values if key is None else st.none() | values),  # a producer asks for one of them
        tuple(draw(st.lists(header, max_size=6))),
        draw(st.integers(0, PARTITIONS - 1)),
    )


def truncated(draw: Draw, told: Genuine) -> Poison:
    raw = written(told.fields())
    kept = draw(st.integers(0, len(raw) - 1))
    return told.sent(f"only {kept} bytes of the record", told.fields(), raw[:kept])


def damaged(draw: Draw, told: Genuine) -> Poison:
    raw = bytearray(written(told.fields()))
    place = draw(st.integers(0, len(raw) - 1))
    raw[place] ^= draw(st.integers(1, 255))
    return told.sent(f"byte {place} of the record", told.fields(), bytes(raw))


def null(draw: Draw, told: Genuine) -> Poison:
    good = told.sent("no value", told.fields())
    if draw(st.booleans()):
        return replace(good, value=None)
    return replace(good, wrong="no key", key=None)


def header(draw: Draw, told: Genuine) -> Poison:
    good = told.sent("a header", told.fields())
    place = draw(st.integers(0, len(good.headers) - 1))
    name, value = good.headers[place]
    changed: Sequence[tuple[str, bytes | None]] = draw(
        st.sampled_from(
            [
                [],
                [(name, value), (name, value)],
                [(name, None)],
                [(name, b"\xff\xfe")],
                [(name, b"")],
                [(name, b"9" * 19)],
                [(name, b"x" * 70_000)],
                [(name.upper(), value)],
                [(f"{name}\0", value)],
                [(name, value), ("unknown", b"1")],
            ]
        )
    )
    headers = (*good.headers[:place], *changed, *good.headers[place + 1 :])
    return replace(good, wrong=f"header {name}: {str(changed)[:60]}", headers=headers)


def key(draw: Draw, told: Genuine) -> Poison:
    good = told.sent("the key is another stream", told.fields())
    return replace(good, key=draw(st.binary(max_size=80)))


def oversized(draw: Draw, told: Genuine) -> Poison:
    size = draw(st.sampled_from([LIMIT, 200_000, 700_000]))
    fields = told.fields()
    fields["data"] = fields["data"] | {"note": "x" * size}
    return told.sent(f"{size} bytes", fields)


def schema(draw: Draw, told: Genuine) -> Poison:
    wrong = draw(st.sampled_from([99, 2, 2**53 - 1, 0, -1, 2**70, "1", None, 1.5, True]))
    return told.sent(f"schema {wrong!r}", told.fields() | {"schema": wrong})


def foreign(draw: Draw, told: Genuine) -> Poison:
    service = draw(st.sampled_from(["audit", "console", "nobody", "", "../feedback", told.source]))
    if service == told.source:
        return told.sent("another tenant", told.fields() | {"tenant": "city:elsewhere"})
    return told.sent(f"service {service!r}", told.fields() | {"service": service})


def twice(draw: Draw, told: Genuine) -> Poison:
    name = draw(st.sampled_from(sorted(told.fields())))
    raw = written(told.fields())
    again = written({name: told.fields()[name]})[1:-1]
    return told.sent(f"{name} stands twice", told.fields(), raw[:-1] + b"," + again + b"}")


def uncanonical(draw: Draw, told: Genuine) -> Poison:
    depth = draw(st.sampled_from([50, 400, 900, 20_000]))
    nested = b"[" * depth + b"]" * depth
    fields = told.fields()
    raw = draw(
        st.sampled_from(
            [
                written(fields, indent=1),
                written(dict(sorted(fields.items(), reverse=True)), sort_keys=False),
                written(fields) + b"\n",
                b"\xef\xbb\xbf" + written(fields),
                written(fields | {"data": {"n": 1.5}}),
                written(fields | {"data": {"n": float("nan")}}),
                written(fields | {"data": {"t": "\ud800"}}),
                written(fields | {"data": {"t": "e\u0301"}}),
                written(fields | {"data": {"t": "\0"}}, ensure_ascii=True),
                written(fields | {"data": {"n": 10**400}}),
                written(fields | {"data": 0}).replace(b'"data":0', b'"data":{"n":' + nested + b"}"),
                nested,
            ]
        )
    )
    return told.sent(f"not canonical: {raw[:30]!r}", fields, raw)


ODD: Mapping[str, Sequence[Any]] = {
    "version": [0, -1, 2**70, "1", None],
    "time": [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00.000000Z",
        "2026-02-30T00:00:00.000000Z",
        "2026-03-02T00:00:00.000000",
        1e300,
        0,
    ],
    "actor": [{}, {"person_ref": "p", "org": "o", "role": "KING", "via": "http"}, "p", None],
    "class": ["C9", "", None],
    "type": ["", "nobody.nothing-happened", "x" * 300, 7],
    "prev": ["0" * 63, "G" * 64],
    "data": [{}, [], None, {"unknown": 1}, {"$sealed": {}}, "text"],
    "f": ["duban/2", "", None],
    "id": ["", "not-a-uuid", 7],
    "trace": ["00-xyz", 7],
    "policy": [None, {}],
    "correlation": [None, "x" * 9000],
}


def field(draw: Draw, told: Genuine) -> Poison:
    name = draw(st.sampled_from(sorted(ODD)))
    value = draw(st.sampled_from(ODD[name]))
    return told.sent(f"{name} {str(value)[:40]!r}", told.fields() | {name: value})


def stream(draw: Draw, told: Genuine) -> Poison:
    """The name of a stream is itself odd; what is long is of a kind no index compresses away."""
    many = "".join(event_id(told.source, "", number) for number in range(200))
    names = [
        f"{told.stream}\nb",
        f"{told.stream}/{'🈳' * 40}",
        f"{told.stream} ",
        f"?{told.stream}",
    ]
    name = draw(st.sampled_from([*names, "", " ", many, f"{told.stream}/{many[:450]}"]))
    wrong = f"stream {name[:20]!r}, {len(name)} characters"
    return told.sent(wrong, told.fields() | {"stream": name})


KINDS: tuple[Callable[[Draw, Genuine], Poison], ...] = (
    noise, truncated, damaged, null, header, header, key, oversized, schema, foreign, twice,
    uncanonical, uncanonical, field, field, field, stream,
)  # fmt: skip


def drawn(
    number: int, seeded: int, run: str, told: Mapping[str, tuple[str, Sequence[RecordedEvent]]]
) -> Iterator[Poison]:
    """Yield so many messages; the same seed and the same records draw the same ones.

    `told` has, for each service, the generation of its topic and some of its records.
    """
    numbers, made = count(1), list[Poison]()

    @seed(seeded)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def draw_one(data: st.DataObject) -> None:
        source = data.draw(st.sampled_from(sorted(told)))
        generation, records = told[source]
        recorded = data.draw(st.sampled_from(records))
        kind = data.draw(st.sampled_from(KINDS))
        named = f"fuzz/{run}-{next(numbers):06}"  # of one length, so that draws repeat
        made.append(kind(data.draw, Genuine(source, recorded, generation, named)))

    draw_one()
    yield from made
