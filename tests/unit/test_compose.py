"""`docker-compose.yml` is valid by the Compose specification and holds the production shape."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from orchestrator.cli.main import COMMANDS
from orchestrator.settings import Settings, variable

ROOT = Path(__file__).parents[2]
# `make setup` lays the wheel that carries the specification's schema beside the environment.
SCHEMA = Path(sys.prefix) / "compose" / "compose" / "config" / "compose_spec.json"
OURS = {"migrate", "api", "worker", "carrier"}


@pytest.fixture(scope="module")
def compose() -> Any:
    return YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())


def test_it_fits_the_specifications_schema(compose: Any) -> None:
    schema = json.loads(SCHEMA.read_text())

    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in Draft7Validator(schema).iter_errors(compose)]

    assert errors == []


def test_a_misspelt_key_would_be_noticed(compose: Any) -> None:
    schema = json.loads(SCHEMA.read_text())
    spoilt = {**compose, "services": {**compose["services"], "api": {**compose["services"]["api"], "comand": []}}}

    assert list(Draft7Validator(schema).iter_errors(spoilt))


def test_it_holds_the_production_shape(compose: Any) -> None:
    services = compose["services"]

    assert {"postgres", "temporal", "temporal-ui", "migrate", "api", "worker", "proxy", "prometheus", "grafana"} <= set(
        services
    )
    assert {name: services[name]["deploy"]["replicas"] for name in ("api", "worker")} == {"api": 2, "worker": 2}
    assert services["api"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_our_services_run_commands_and_settings_that_exist(compose: Any) -> None:
    known = {variable(name) for name in Settings.model_fields}

    for name in OURS:
        service = compose["services"][name]
        assert service["command"][0] in COMMANDS
        assert set(service["environment"]) <= known


def test_no_secret_has_a_default_and_only_the_proxy_listens_to_the_world(compose: Any) -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    for secret in re.findall(r"\$\{(\w*(?:PASSWORD|TOKEN|KEYS|SID)\w*)([^}]*)\}", text):
        assert secret[1] == ":?", f"{secret[0]} must stop the start where it is missing"
    for name, service in compose["services"].items():
        if name != "proxy":
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_every_service_named_as_a_dependency_exists(compose: Any) -> None:
    services = compose["services"]

    for service in services.values():
        assert set(service.get("depends_on", [])) <= set(services)
