"""Settings of the server, read from the environment; every variable is listed here once."""

import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from mcp_server.errors import NotConfigured

TOOLSETS = ("airflow", "cloudwatch", "redshift")
_ENVIRONMENT_NAME = re.compile(r"[a-zA-Z][0-9a-zA-Z_-]{0,79}")


def _variable(meaning: str, name: str, *others: str, default: object = "") -> Any:  # noqa: ANN401 - pydantic.Field is typed so too
    """One setting: what it means, its environment variable (and other names), its default."""
    return Field(default, validation_alias=AliasChoices(name, *others), description=meaning)


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _names_of_environments(value: object) -> object:
    names = _split(value)
    if isinstance(names, tuple) and (
        wrong := [n for n in names if not _ENVIRONMENT_NAME.fullmatch(str(n))]
    ):
        raise ValueError(
            f"{wrong[0]!r} is no name of an MWAA environment (letters, digits, - and _)"
        )
    return names


def _names_of_toolsets(value: object) -> object:
    names = _split(value)
    if isinstance(names, tuple) and (wrong := [n for n in names if n not in TOOLSETS]):
        raise ValueError(f"{wrong[0]!r} is none of {', '.join(TOOLSETS)}")
    return names


def _moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("no time with a zone, such as 2026-11-22T03:04:00Z")
    return moment


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
EnvironmentNames = Annotated[tuple[str, ...], BeforeValidator(_names_of_environments)]
Toolsets = Annotated[tuple[str, ...], BeforeValidator(_names_of_toolsets)]
Moment = Annotated[AwareDatetime | None, BeforeValidator(_moment)]


class Settings(BaseModel):
    """All that the server can be told. It holds no secret: AWS credentials are boto3's matter."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="ignore")

    aws_region: str = _variable(
        "region of MWAA, CloudWatch and Redshift; empty: that of the AWS profile",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    )
    mwaa_environments: EnvironmentNames = _variable(
        "MWAA environments, comma separated; empty: all that ListEnvironments shows",
        "MWAA_ENVIRONMENT_NAME",
        default=(),
    )
    redshift_cluster_id: str = _variable("provisioned Redshift cluster", "REDSHIFT_CLUSTER_ID")
    redshift_workgroup: str = _variable("Redshift Serverless workgroup", "REDSHIFT_WORKGROUP")
    redshift_database: str = _variable("database to connect to", "REDSHIFT_DATABASE")
    redshift_access: Literal["connector", "data-api"] = _variable(
        "way in: connector (network) or data-api (AWS API)", "REDSHIFT_ACCESS", default="connector"
    )
    redshift_db_user: str = _variable(
        "database user for temporary credentials; empty: the IAM identity", "REDSHIFT_DB_USER"
    )
    redshift_secret_arn: str = _variable(
        "Secrets Manager secret with the database user", "REDSHIFT_SECRET_ARN"
    )
    redshift_ca_file: str = _variable(
        "certificates that Redshift's own is checked against", "DE_AGENT_REDSHIFT_CA_FILE"
    )
    redshift_log_groups: Names = _variable(
        "log groups of Redshift's audit logging, comma separated; empty: found by name",
        "DE_AGENT_REDSHIFT_LOG_GROUPS",
        default=(),
    )
    dbt_audit_table: str = _variable(
        "schema.table where dbt runs are recorded", "DE_AGENT_DBT_AUDIT_TABLE"
    )
    ca_file: str = _variable(
        "certificates that the Airflow web server's own is checked against", "DE_AGENT_CA_FILE"
    )
    toolsets: Toolsets = _variable(
        "toolsets to publish: airflow, cloudwatch, redshift; empty: all",
        "DE_AGENT_TOOLSETS",
        default=(),
    )
    now: Moment = _variable(
        "reference time of relative times (ISO 8601 with zone); empty: the clock",
        "DE_AGENT_NOW",
        default=None,
    )
    categories: str = _variable("a team's own signals of failures (TOML)", "DE_AGENT_CATEGORIES")
    playbooks: str = _variable("a team's own playbooks file (TOML)", "DE_AGENT_PLAYBOOKS")
    runbooks: str = _variable("a team's runbook links by dag, tag or category", "DE_AGENT_RUNBOOKS")
    store: str = _variable(
        "SQLite file, or dynamodb:TABLE, of the incidents",
        "DE_AGENT_STORE",
        default="./.de-agent/incidents.sqlite3",
    )

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read all settings. Raises NotConfigured that names every variable to mend, at once."""
        said = os.environ if env is None else env
        given = {name: text.strip() for name, text in said.items() if text.strip()}
        known = {name: given[name] for name in _names() if name in given}
        wrong = _clashes(known)
        try:
            settings = cls.model_validate(known)
        except ValidationError as error:
            raise _wrong([_line(part, known) for part in error.errors()] + wrong) from None
        if wrong:
            raise _wrong(wrong)
        return settings

    @property
    def has_redshift(self) -> bool:
        """Whether a cluster or a workgroup is named."""
        return bool(self.redshift_cluster_id or self.redshift_workgroup)


def described() -> list[tuple[str, str, str]]:
    """Variable, meaning and default of every setting, for help texts."""
    return [
        (_aliases(name)[0], field.description or "", _shown(field.default))
        for name, field in Settings.model_fields.items()
    ]


def _clashes(said: Mapping[str, str]) -> list[str]:
    """What one variable says against another."""
    wrong = []
    ways = [name for name in ("REDSHIFT_CLUSTER_ID", "REDSHIFT_WORKGROUP") if name in said]
    if len(ways) > 1:
        wrong.append(f"{' and '.join(ways)} are both set: keep one")
    if ways and "REDSHIFT_DATABASE" not in said:
        wrong.append("REDSHIFT_DATABASE is not set: database to connect to")
    return wrong


def _aliases(field_name: str) -> list[str]:
    alias = cast("AliasChoices", Settings.model_fields[field_name].validation_alias)
    return [str(choice) for choice in alias.choices]


def _names() -> list[str]:
    return [alias for name in Settings.model_fields for alias in _aliases(name)]


def _shown(default: object) -> str:
    return "" if default in ((), None) else str(default)


def _line(error: Mapping[str, Any], said: Mapping[str, str]) -> str:  # Any: pydantic's own report
    name = str(error["loc"][0])
    reason = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}={said.get(name, '')[:60]}: {reason}"


def _wrong(lines: list[str]) -> NotConfigured:
    return NotConfigured("settings to mend:\n  " + "\n  ".join(lines))
