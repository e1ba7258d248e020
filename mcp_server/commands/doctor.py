"""`de-agent-mcp doctor`: setting by setting, backend by backend, what works and what does not."""

import argparse
import os
import sys
from collections.abc import Sequence

import anyio

from mcp_server.commands.checkup import Checked, check
from mcp_server.commands.opening import WRONG_SETTINGS, backends_of, settings_with
from mcp_server.errors import NotConfigured
from mcp_server.log_lines import Short, log_as
from mcp_server.settings import Settings, described

MARKS = {True: "ok    ", False: "FAILED", None: "-     "}


def main(argv: list[str]) -> int:
    """Print a line for each setting and each call; exit 1 when something configured fails."""
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp doctor",
        description="Try every backend with the calls that the tools make. Nothing is changed.",
        epilog="example: AWS_PROFILE=prod MWAA_ENVIRONMENT_NAME=data-prod de-agent-mcp doctor",
    )
    parser.parse_args(argv)
    log_as(Short)
    try:
        settings = settings_with()
    except NotConfigured as wrong:
        print(wrong, file=sys.stderr)
        return WRONG_SETTINGS
    _print_settings(settings)
    print("\ntrying the backends (25 s at most for each) ...", file=sys.stderr)
    checked = anyio.run(_checked, settings)
    _print_checks(checked)
    return 1 if any(one.works is False for one in checked) else 0


async def _checked(settings: Settings) -> Sequence[Checked]:
    with backends_of(settings) as backends:
        return await check(backends, named=bool(settings.mwaa_environments))


def _print_settings(settings: Settings) -> None:
    print("settings")
    profile = os.environ.get("AWS_PROFILE") or "(not set)"
    print(f"  {'AWS_PROFILE':<30} {profile:<28} whose rights are used; empty: the default chain")
    values = settings.model_dump(mode="json")
    for (variable, meaning, _), value in zip(described(), values.values(), strict=True):
        shown = ",".join(value) if isinstance(value, list) else str(value or "")
        print(f"  {variable:<30} {shown or '(not set)':<28} {meaning}")


def _print_checks(checked: Sequence[Checked]) -> None:
    print("\nbackends")
    told = ""
    for one in checked:
        print(f"  {MARKS[one.works]}  {one.action:<37} {one.what}")
        if one.said:
            said = one.said.split("\n") if one.said != told else ["the same"]
            print("          " + "\n          ".join(said))
        told = one.said or told
    failed = sum(one.works is False for one in checked)
    print(f"\n{failed} of {len(checked)} failed" if failed else "\nall that is configured works")
