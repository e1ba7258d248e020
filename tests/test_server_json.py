"""server.json says of the package what is true of it."""

import json
import re
import tomllib
from pathlib import Path

from mcp_server.settings import described

ROOT = Path(__file__).parent.parent
SERVER = json.loads((ROOT / "server.json").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_name_and_description_are_of_the_registrys_form() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", SERVER["name"])
    assert 1 <= len(SERVER["description"]) <= 100


def test_the_version_is_the_packages() -> None:
    [package] = SERVER["packages"]
    assert SERVER["version"] == package["version"] == PROJECT["version"]
    assert package["identifier"] == PROJECT["name"]


def test_the_readme_claims_the_name_as_the_registry_asks() -> None:
    assert f"mcp-name: {SERVER['name']}" in (ROOT / "README.md").read_text()


def test_every_variable_listed_is_one_that_the_server_or_the_sdk_reads() -> None:
    [package] = SERVER["packages"]
    listed = {entry["name"]: entry["description"] for entry in package["environmentVariables"]}
    known = {name: meaning for name, meaning, *_ in described()}
    assert listed.keys() - known.keys() == {"AWS_PROFILE"}
    assert {n: m for n, m in listed.items() if n in known and known[n] != m} == {}
