"""What is said where Redshift is another database, not set up, or refuses."""

import pytest

from tests.mcp_server.investigate.stories import diagnosed
from tests.mcp_server.investigate.world import night

pytestmark = pytest.mark.anyio


MISSING = 'psycopg2.errors.UndefinedTable: relation "stg.orders" does not exist'


async def test_another_database_is_not_asked_about_in_redshift() -> None:
    world = night(
        "snowflake.connector.errors.ProgrammingError: 002003 (02000): SQL compilation"
        " error: Object 'X.Y' does not exist or not authorized."
    )
    world.redshift = {}
    await diagnosed(world)
    assert "redshift.run" not in world.calls


async def test_a_redshift_error_without_redshift_configured_says_what_to_set() -> None:
    world = night('redshift_connector.error.ProgrammingError: relation "a.b" does not exist')
    found = await diagnosed(world)
    assert any("REDSHIFT_CLUSTER_ID" in miss.why for miss in found.not_checked)
    assert found.category == "database.missing_object"


async def test_a_denied_redshift_costs_its_own_part_only() -> None:
    world = night(MISSING)
    world.redshift = {}
    world.faults = {"redshift.run": "denied"}
    found = await diagnosed(world)
    assert found.category == "database.missing_object"
    assert any("DDL" in miss.what for miss in found.not_checked)
    assert found.blocked == []
