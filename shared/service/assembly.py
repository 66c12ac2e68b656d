"""What a service is made of, as its `bootstrap` builds it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI

from shared.eventstore.projections import ReadModel
from shared.eventstore.store import EventStore
from shared.http.app import create_app
from shared.http.commands import Commands, fingerprint_key
from shared.http.health import Ready
from shared.http.identity import TokenVerifier
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import Ids, RandomIds
from shared.messaging.brokers import Broker
from shared.messaging.handling import Handler
from shared.messaging.reactions import Reactions
from shared.messaging.source_feed import HttpSourceFeed, OwnFeed
from shared.service.operations import dead_letter_routes
from shared.service.sealing import SealedLog
from shared.settings import ServiceSettings


@dataclass(frozen=True)
class Timer:
    """Work that time itself causes: `run` gives the commands that are due and returns how many."""

    name: str
    every: timedelta
    run: Callable[[datetime], int]


@dataclass(frozen=True)
class Service:
    """Everything one deployable runs: HTTP in, reactions, read models, timers, over one store."""

    name: str
    settings: ServiceSettings
    store: EventStore
    application: Any
    reactions: Reactions
    read_models: Sequence[type[ReadModel]]
    routers: Sequence[APIRouter]
    timers: Sequence[Timer] = ()
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)

    def broker(self) -> Broker:
        """Return the broker that the settings name."""
        return Broker.of(self.settings)

    def handler(self) -> Handler:
        """Return what runs the reactions, on arrival and again on redrive."""
        settings = self.settings
        feed = OwnFeed(self.store, HttpSourceFeed(settings.sources, settings.service_token))
        return Handler(
            self.store, settings.tenant, self.reactions, self.application, feed, self.clock,
            self.ids,
        )  # fmt: skip

    def log(self) -> SealedLog:
        """Return the sealed log of this service."""
        return SealedLog(self.store, self.settings, self.clock, self.ids)

    def http(self, ready: Ready) -> FastAPI:
        """Return the HTTP application of the service."""
        settings = self.settings
        return create_app(
            self.name,
            store=self.store,
            commands=Commands(
                self.store,
                settings.tenant,
                self.clock,
                self.ids,
                fingerprint_key(settings.vault_key),
            ),
            routers=[
                *self.routers,
                dead_letter_routes(self.handler().dead_letters),
                self.log().routes(),
            ],
            tokens=TokenVerifier(settings.jwks, issuer=settings.issuer, audience=settings.audience),
            ready=ready,
            max_body_bytes=settings.max_body_bytes,
        )
