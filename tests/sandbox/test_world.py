"""A whole world boots from a story, stays on this machine and leaves nothing behind."""

import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from sandbox.incident import IncidentWrong, load_incident
from sandbox.world import World

STORY = load_incident("cold-orchard")


def test_the_worlds_variables_lead_boto3_into_the_story() -> None:
    with World(STORY) as world:
        said = world.environment()
        client = boto3.client(
            "mwaa",
            endpoint_url=said["AWS_ENDPOINT_URL"],
            region_name=said["AWS_REGION"],
            aws_access_key_id=said["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=said["AWS_SECRET_ACCESS_KEY"],
            config=Config(inject_host_prefix=False),
        )
        names = client.list_environments()["Environments"]
        client.close()
    assert names == [STORY.environment] == [said["MWAA_ENVIRONMENT_NAME"]]
    assert ("mwaa", "ListEnvironments") in [(c.service, c.operation) for c in world.calls.all()]


def test_the_clock_starts_at_the_storys_moment() -> None:
    with World(STORY) as world:
        assert 0 <= (world.clock.now() - STORY.now).total_seconds() < 60
        assert datetime.fromisoformat(world.environment()["DE_AGENT_NOW"]) == STORY.now


def test_every_address_is_local_and_free_again_afterwards() -> None:
    with World(STORY) as world:
        said = world.environment()
        urls = [
            said[f"{name}_URL"]
            for name in ("AWS_ENDPOINT", "DE_AGENT_SLACK_API", "DE_AGENT_GEMINI_API")
        ]
        folder = Path(said["DE_AGENT_STORE"]).parent
    assert {urlsplit(url).hostname for url in urls} == {"127.0.0.1"}
    for url in urls:
        with socket.create_server(("127.0.0.1", int(urlsplit(url).port or 0))):
            pass
    assert not folder.exists()


def test_redshift_is_named_only_where_the_story_has_one() -> None:
    with World(STORY) as world:
        assert not [name for name in world.environment() if "REDSHIFT" in name]
    with World(replace(STORY, redshift_sql="create table orders (id int);")) as world:
        said = world.environment()
        assert said["REDSHIFT_CLUSTER_ID"]
        assert Path(said["DE_AGENT_REDSHIFT_CA_FILE"]).is_file()


def test_a_world_without_a_story_is_empty_and_at_the_real_time() -> None:
    with World() as world:
        assert "MWAA_ENVIRONMENT_NAME" not in world.environment()
        assert abs((world.clock.now() - datetime.now(UTC)).total_seconds()) < 60


def test_with_a_key_of_ones_own_the_real_gemini_is_asked() -> None:
    with World(STORY, gemini_key="AIza-mine") as world:
        said = world.environment()
    assert said["GEMINI_API_KEY"] == "AIza-mine"
    assert "DE_AGENT_GEMINI_API_URL" not in said


def test_a_hanging_service_does_not_keep_the_world_from_closing() -> None:
    story = replace(STORY, faults={"slack:auth.test": "hang"})
    with World(story) as world:
        address = urlsplit(world.slack.api_url)
        with socket.create_connection((address.hostname, address.port)) as caller:
            caller.sendall(b"POST /api/auth.test HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    assert world.faults.closing.is_set()


def test_what_cannot_boot_leaves_nothing_open() -> None:
    story = replace(STORY, redshift_sql="this is no SQL;")
    world = World(story)
    with pytest.raises(Exception, match="this"), world:
        pass
    assert not world.folder.exists()


def test_an_alert_without_a_channel_has_one_in_its_world() -> None:
    bare = {"text": "orders.load failed", "ts": "1795313943.220000"}
    with World(replace(STORY, alerts=(bare,))) as world:
        world.slack.workspace.put(world.incident.alerts[0])
        names = [c.name for c in world.slack.workspace.channels.values() if c.is_member]
    assert names == ["de-agent", "data-alerts"]


def test_a_story_that_no_world_can_be_made_of_says_why() -> None:
    with pytest.raises(IncidentWrong, match="is 'tired'; it is one of"):
        World(replace(STORY, faults={"logs": "tired"}))
