"""The descriptions that other systems read: OpenAPI of the commands, AsyncAPI of the events."""

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated, Any

import typer

import shared.contracts
from shared.cli.output import print_json, told
from shared.cli.surroundings import DEFAULT_DATA, Surroundings
from shared.contracts.registry import event_classes
from shared.messaging.topics import topic_of

LOG = "log"


@told
def openapi(
    service: Annotated[str, typer.Argument(help="feedback, rectification, supervision, …")],
    data: Annotated[Path, typer.Option(help="Data directory of a local stack.")] = DEFAULT_DATA,
) -> None:
    """Print the OpenAPI 3.1 description of a running service, as JSON."""
    with Surroundings.found(data).client(service) as client:
        print_json(client.get("/openapi.json"))


def asyncapi() -> None:
    """Print the AsyncAPI 3.0 description of all events on all topics, as JSON."""
    print_json(events_document())


def events_document() -> dict[str, Any]:
    """Return one AsyncAPI 3.0 document over every declared event."""
    services = publishing_services()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Duban events",
            "version": "1",
            "description": "The key is the stream id, the value the record; headers are "
            "CloudEvents 1.0 (binary). The payload below is the `data` of the record.",
        },
        "channels": {service: _channel(service) for service in services},
        "operations": {
            f"follow_{service}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{service}"},
            }
            for service in services
        },
    }


def publishing_services() -> list[str]:
    """Return who has a topic; events about a log stand in the log, and topic, of each service.

    Every contract is imported first: only then is every event declared.
    """
    for module in pkgutil.iter_modules(shared.contracts.__path__):
        importlib.import_module(f"shared.contracts.{module.name}")
    return sorted({found.TYPE.split(".")[0] for found in event_classes()} - {LOG})


def _channel(service: str) -> dict[str, Any]:
    messages = {
        found.TYPE: {
            "name": found.TYPE,
            "title": found.__name__,
            "summary": " ".join((found.__doc__ or "").split()),
            "contentType": "application/json",
            "x-schema-version": found.SCHEMA,
            "x-data-class": found.CLASS.value,
            "payload": found.model_json_schema(mode="serialization"),
        }
        for found in (*event_classes(service), *event_classes(LOG))
    }
    return {"address": topic_of(service), "messages": messages}
