"""Promises about the repository itself."""

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(  # noqa: S603 - fixed arguments
        ["git", "ls-files", *patterns],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout: there is no list of tracked files to read")
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_test_replaces_code_by_a_mock() -> None:
    word = "unittest." + "mock"
    guilty = [str(p) for p in tracked("*.py") if word in p.read_text()]
    assert guilty == []


def test_no_download_address_and_no_machine_path_stands_in_the_tree() -> None:
    address = re.compile(r"https?://[^ \"]+/(simple|packages)/|index-url|/home/[a-z]+/\w|/root/\w")
    listed = tracked("*.py", "*.toml", "*.txt", "*.md", "Makefile", ".ci/*", "*.json")
    named = [p for p in listed if not p.is_relative_to(ROOT / "tests")]
    guilty = [str(p) for p in named if address.search(p.read_text(errors="replace"))]
    assert guilty == []


def test_every_pinned_package_has_a_plain_version() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)] == []


def test_every_dependency_is_pinned() -> None:
    extras = chain.from_iterable(PROJECT["optional-dependencies"].values())
    wanted = [*PROJECT["dependencies"], *extras]
    names = {re.split(r"[\[<>=!; ]", w, maxsplit=1)[0] for w in wanted} - {"de-agent"}
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    assert {name for name in names if name.lower() not in pinned} == set()


def test_the_changelog_speaks_of_this_version_or_of_what_is_unreleased() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text or f"## [{PROJECT['version']}]" in text


def test_package_files_stay_empty() -> None:
    packages = [p for p in tracked("*/__init__.py") if "tests" not in p.parts]
    assert [str(p) for p in packages if p.read_text().strip()] == []
