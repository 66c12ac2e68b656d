"""The environment, read once. Every variable begins with `DUBAN_` unless a standard names it."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What one service process needs to know of its surroundings.

    `kafka_kind` is the one switch between the embedded broker and Apache Kafka. `sources` maps a
    service's name to its base URL: its feed heals gaps. `jwks` is a file path or a URL.
    """

    model_config = SettingsConfigDict(env_prefix="DUBAN_", extra="ignore", frozen=True)

    tenant: str = Field(description="the inspecting committee, such as `city:yunlan`")
    database_url: str = Field(description="postgresql://user:password@host:port/database")
    database_pool: int = Field(default=4, ge=1, description="connections for commands")
    kafka_bootstrap: str = Field(description="host:port, several separated by commas")
    kafka_kind: Literal["embedded", "apache"] = "apache"
    kafka_partitions: int = Field(default=6, ge=1, le=256)
    kafka_replication: int = Field(default=1, ge=1)
    kafka_min_insync: int = Field(default=1, ge=1)
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_file: str = ""
    kafka_sasl_mechanism: str = ""
    kafka_username: str = ""
    kafka_password: str = Field(default="", repr=False)
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=1, le=65535)
    max_body_bytes: int = Field(default=262_144, ge=1024)
    jwks: str = Field(description="file path or URL of the issuer's key set")
    issuer: str
    audience: str = "duban"
    service_token: str = Field(default="", repr=False, description="bearer token of this service")
    directory_url: str = Field(default="", description="base URL of the directory service")
    sources: dict[str, str] = Field(default_factory=dict)
    vault_key: str = Field(
        default="", repr=False, description="key (base64, 32 bytes) that wraps sealed values' keys"
    )
    log_origin: str = Field(default="duban.invalid", description="first part of the log's name")
    log_key_dir: str = Field(
        default="", description="where log.key and its high-water mark are; empty = no sealing"
    )
    witness_vkeys: list[str] = Field(
        default_factory=list, description="verifier keys whose cosignatures are kept"
    )
    trust_dir: str = Field(
        default="",
        description="folder of trust notes and root.vkey; a log records and a witness needs them",
    )
    otlp_endpoint: str = Field(
        default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", description="empty = no traces"
    )
