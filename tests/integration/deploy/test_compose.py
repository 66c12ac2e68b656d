"""docker-compose.yml says nothing that does not exist. (No Docker engine is needed to know.)"""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.make_env import make
from shared.embedded.system_map import SERVICES
from shared.http.health import health_router
from shared.service.run import ProcessRole
from shared.settings import ServiceSettings
from shared.telemetry.names import Metric
from tests.integration.deploy.compose_file import FILE, PROJECT, Compose, load, read_env_file

IMAGE_PORTS = {"jaeger": 16686, "prometheus": 9090, "grafana": 3000}
INSIDE_IMAGE = {"kafka": 9092, "postgres": 5432, "otel-collector": 4318, "jaeger": 4317}


@pytest.fixture(scope="module")
def compose() -> Compose:
    return load()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after `make compose-env`."""
    return make(tmp_path_factory.mktemp("compose")).parent


@pytest.fixture(scope="module")
def given(made: Path) -> dict[str, str]:
    return read_env_file(made / ".env")


def parsed(path: str) -> Any:
    text = (PROJECT / path).read_text(encoding="utf-8")
    return json.loads(text) if path.endswith(".json") else yaml.safe_load(text)


def processes(compose: Compose) -> dict[str, Any]:
    """Return the parts that run our image."""
    return {n: part for n, part in compose.services.items() if part["image"] == "duban:local"}


def hosts(text: str) -> set[tuple[str, int]]:
    return {(host, int(port)) for host, port in re.findall(r"([a-z][a-z-]+):(\d{4,5})", text)}


class TestServices:
    def test_are_those_of_the_map_each_with_its_migration(self, compose: Compose) -> None:
        expected = {*SERVICES, *(f"{name}-migrate" for name in SERVICES)}
        assert set(processes(compose)) == expected

    @pytest.mark.parametrize("name", SERVICES)
    def test_commands_name_a_module_and_a_role_that_exist(
        self, compose: Compose, name: str
    ) -> None:
        for part in (name, f"{name}-migrate"):
            python, dash_m, module, role = compose.services[part]["command"]
            assert (python, dash_m, module) == ("python", "-m", f"services.{name}")
            assert find_spec(f"{module}.__main__") is not None
            assert role in set(ProcessRole)

    @pytest.mark.parametrize("name", SERVICES)
    def test_environment_is_what_the_settings_read(
        self, compose: Compose, given: dict[str, str], name: str
    ) -> None:
        known = {_variable(field) for field in ServiceSettings.model_fields}
        required = {
            _variable(field)
            for field, about in ServiceSettings.model_fields.items()
            if about.is_required()
        }
        assert required <= set(compose.environment(name, given)) <= known

    def test_wait_for_their_migration(self, compose: Compose) -> None:
        for name in SERVICES:
            waits = compose.services[name]["depends_on"][f"{name}-migrate"]
            assert waits == {"condition": "service_completed_successfully"}

    def test_health_check_asks_a_path_that_is_served(self, compose: Compose) -> None:
        for name in SERVICES:
            check = compose.services[name]["healthcheck"]["test"][-1]
            port = compose.services[name]["environment"]["DUBAN_HTTP_PORT"]
            (asked,) = re.findall(rf"http://127\.0\.0\.1:{port}(/[a-z/]+)", check)
            assert asked in served_paths()


class TestReferences:
    def test_every_dependency_is_a_part(self, compose: Compose) -> None:
        for part in compose.services.values():
            assert set(part.get("depends_on", ())) <= set(compose.services)

    def test_a_dependency_on_health_has_a_health_check(self, compose: Compose) -> None:
        for part in compose.services.values():
            waits = part.get("depends_on", {})
            for name in waits if isinstance(waits, dict) else ():
                if waits[name]["condition"] == "service_healthy":
                    assert "healthcheck" in compose.services[name]

    def test_every_variable_is_drawn_or_has_a_default(
        self, compose: Compose, given: dict[str, str]
    ) -> None:
        needed = {name for name, default in compose.variables.items() if default is None}
        assert needed == set(given)

    def test_every_volume_is_declared_drawn_or_a_file_of_the_project(
        self, compose: Compose, made: Path
    ) -> None:
        named = set()
        for part in compose.services.values():
            for volume in part.get("volumes", ()):
                source = volume.split(":")[0]
                if source.startswith("./"):
                    assert (PROJECT / source).exists() or (made / source).exists()
                else:
                    named.add(source)
        assert named == set(compose.content["volumes"])

    def test_published_ports_are_distinct_and_local_and_listened_on(self, compose: Compose) -> None:
        published = [
            (name, *port.split(":"))
            for name, part in compose.services.items()
            for port in part.get("ports", ())
        ]
        assert {address for _, address, _, _ in published} == {"127.0.0.1"}
        assert len({host for _, _, host, _ in published}) == len(published)
        for name, _, _, inside in published:
            assert int(inside) == IMAGE_PORTS.get(name, 8080)

    def test_every_host_is_a_part_that_listens_there(self, compose: Compose) -> None:
        configured = [
            json.dumps(part.get("environment", {})) for part in processes(compose).values()
        ]
        configured += [
            (PROJECT / path).read_text(encoding="utf-8")
            for path in (
                "deploy/otel/collector.yaml",
                "deploy/prometheus/prometheus.yaml",
                "deploy/grafana/provisioning/datasources/prometheus.yaml",
            )
        ]
        for host, port in set().union(*map(hosts, configured)):
            allowed = (
                {8080} if host in SERVICES else {INSIDE_IMAGE.get(host), IMAGE_PORTS.get(host)}
            )
            assert port in allowed, f"{host}:{port}"


class TestSecrets:
    def test_are_kept_when_they_are_drawn_again(self, made: Path, given: dict[str, str]) -> None:
        assert read_env_file(make(made, "city:elsewhere")) == given

    def test_a_variable_that_an_older_file_lacks_is_added(
        self, tmp_path: Path, given: dict[str, str]
    ) -> None:
        (tmp_path / ".env").write_text("GRAFANA_PASSWORD=kept\n", encoding="ascii")
        drawn = read_env_file(make(tmp_path))
        assert set(drawn) == set(given)
        assert drawn["GRAFANA_PASSWORD"] == "kept"

    def test_every_service_finds_the_key_of_its_own_log(self, compose: Compose, made: Path) -> None:
        for name in SERVICES:
            folders = dict(volume.split(":")[:2] for volume in compose.services[name]["volumes"])
            inside = compose.services[name]["environment"]["DUBAN_LOG_KEY_DIR"]
            (folder,) = [source for source, target in folders.items() if target == inside]
            assert (made / folder / "log.key").exists()


class TestDashboards:
    def test_prometheus_asks_every_service_at_a_path_that_is_served(self) -> None:
        (job,) = parsed("deploy/prometheus/prometheus.yaml")["scrape_configs"]
        assert job["metrics_path"] in served_paths()
        targets = {target for group in job["static_configs"] for target in group["targets"]}
        assert targets == {f"{name}:8080" for name in SERVICES}

    def test_dashboard_asks_only_for_metrics_that_exist(self) -> None:
        panels = parsed("deploy/grafana/dashboards/duban.json")["panels"]
        asked = {
            metric.removesuffix("_bucket")
            for panel in panels
            for target in panel["targets"]
            for metric in re.findall(r"duban_[a-z_]+", target["expr"])
        }
        assert asked
        assert asked <= {metric.value for metric in Metric}

    def test_dashboard_asks_a_source_that_is_provisioned(self) -> None:
        sources = parsed("deploy/grafana/provisioning/datasources/prometheus.yaml")["datasources"]
        panels = parsed("deploy/grafana/dashboards/duban.json")["panels"]
        assert {p["datasource"]["uid"] for p in panels} <= {source["uid"] for source in sources}

    def test_provisioned_dashboards_are_mounted(self, compose: Compose) -> None:
        (provider,) = parsed("deploy/grafana/provisioning/dashboards/duban.yaml")["providers"]
        mounted = [volume.split(":")[1] for volume in compose.services["grafana"]["volumes"]]
        assert provider["options"]["path"] in mounted

    def test_collector_hands_on_what_it_takes(self) -> None:
        content = parsed("deploy/otel/collector.yaml")
        traces = content["service"]["pipelines"]["traces"]
        for kind, names in traces.items():
            assert set(names) <= set(content[kind])


class TestImage:
    def test_copies_what_exists_and_is_not_ignored(self) -> None:
        allowed = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        for source in re.findall(r"^COPY (?!--from)(\S+)", dockerfile(), re.MULTILINE):
            assert (PROJECT / source).exists()
            assert f"!{source}" in allowed

    def test_runs_as_an_ordinary_user_with_pinned_packages(self) -> None:
        assert re.search(r"^USER 10001", dockerfile(), re.MULTILINE)
        assert "--require-hashes" in dockerfile()

    def test_is_the_one_that_compose_builds(self, compose: Compose) -> None:
        for part in processes(compose).values():
            assert (FILE.parent / part["build"]["dockerfile"]).exists()


def dockerfile() -> str:
    return (PROJECT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def served_paths() -> set[str]:
    return {str(getattr(route, "path", "")) for route in health_router(dict).routes}


def _variable(field: str) -> str:
    alias = ServiceSettings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"DUBAN_{field.upper()}"


def test_make_env_keeps_what_exists(tmp_path: Path) -> None:
    first = make(tmp_path).read_text(encoding="ascii")
    assert make(tmp_path).read_text(encoding="ascii") == first
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
