"""Settings of the server: one reading, all complaints at once."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from mcp_server.errors import NotConfigured
from mcp_server.settings import Settings, described


def test_an_empty_environment_is_enough() -> None:
    settings = Settings.from_environment({})
    assert settings.mwaa_environments == ()
    assert settings.now is None
    assert not settings.has_redshift


def test_each_variable_lands_in_its_field() -> None:
    settings = Settings.from_environment(
        {
            "AWS_DEFAULT_REGION": "eu-west-1",
            "MWAA_ENVIRONMENT_NAME": "analytics-prod, analytics-dev",
            "REDSHIFT_WORKGROUP": "wg",
            "REDSHIFT_DATABASE": "dwh",
            "REDSHIFT_ACCESS": "data-api",
            "DE_AGENT_NOW": "2026-11-22T03:04:00Z",
            "DE_AGENT_TOOLSETS": "airflow,cloudwatch",
            "DE_AGENT_STORE": " ",
            "PATH": "/bin",
        }
    )
    assert settings.aws_region == "eu-west-1"
    assert settings.mwaa_environments == ("analytics-prod", "analytics-dev")
    assert settings.redshift_access == "data-api"
    assert settings.has_redshift
    assert settings.now == datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
    assert settings.toolsets == ("airflow", "cloudwatch")
    assert settings.store.endswith(".sqlite3")


def test_the_region_of_the_first_name_wins() -> None:
    said = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "eu-west-1"}
    assert Settings.from_environment(said).aws_region == "eu-west-1"


def test_everything_unreadable_is_named_at_once() -> None:
    with pytest.raises(NotConfigured) as caught:
        Settings.from_environment(
            {
                "DE_AGENT_NOW": "2026-11-22T03:04:00",
                "DE_AGENT_TOOLSETS": "airflow,slack",
                "REDSHIFT_ACCESS": "odbc",
                "MWAA_ENVIRONMENT_NAME": "9 lives",
            }
        )
    text = str(caught.value)
    for name in ("DE_AGENT_NOW", "DE_AGENT_TOOLSETS", "REDSHIFT_ACCESS", "MWAA_ENVIRONMENT_NAME"):
        assert name in text
    assert "'slack' is none of airflow, cloudwatch, redshift" in text


def test_clashing_and_missing_redshift_settings_are_named_together() -> None:
    with pytest.raises(NotConfigured) as caught:
        Settings.from_environment({"REDSHIFT_CLUSTER_ID": "c", "REDSHIFT_WORKGROUP": "w"})
    assert "keep one" in str(caught.value)
    assert "REDSHIFT_DATABASE is not set" in str(caught.value)


def test_settings_do_not_change() -> None:
    settings = Settings(aws_region="eu-west-1")
    with pytest.raises(ValidationError):
        settings.aws_region = "us-east-1"  # type: ignore[misc]  # the refusal is what is tested


def test_every_variable_has_a_meaning_and_stands_once() -> None:
    names = [name for name, meaning, _ in described() if meaning]
    assert len(names) == len(set(names)) == len(Settings.model_fields)
