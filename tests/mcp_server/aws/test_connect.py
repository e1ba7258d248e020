"""The backends put together: lazily, each environment's Airflow once."""

import subprocess
import sys

from mcp_server.aws.connect import backends_from
from mcp_server.settings import Settings

LAZY = """
import sys
from mcp_server.aws.connect import backends_from
from mcp_server.settings import Settings
backends = backends_from(Settings(aws_region="eu-west-1", redshift_workgroup="w",
    redshift_database="d"))
backends.close()
late = {"boto3", "botocore", "redshift_connector"} & set(sys.modules)
print(*sorted(late))
"""


def test_nothing_heavy_is_imported_before_the_first_call() -> None:
    done = subprocess.run(  # noqa: S603 - this Python, the code above
        [sys.executable, "-c", LAZY], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_one_environment_has_one_airflow() -> None:
    backends = backends_from(Settings(aws_region="eu-west-1"))
    assert backends.airflow is not None
    assert backends.airflow("prod") is backends.airflow("prod")
    assert backends.airflow("prod") is not backends.airflow("dev")
    backends.close()


def test_redshift_is_there_only_where_it_is_named() -> None:
    without = backends_from(Settings())
    named = backends_from(Settings(redshift_cluster_id="c", redshift_database="d"))
    assert without.redshift is None
    assert named.redshift is not None
    assert not named.redshift.is_serverless
    named.close()
