"""Which environment an alert means."""

import pytest

from slack_bridge.lifecycle.environments import Environments, channel_environments

pytestmark = pytest.mark.anyio


class Two:
    """Two environments; counts what it is asked, and can be out of reach."""

    def __init__(self, *names: str, broken: bool = False) -> None:
        self._names = names or ("prod", "dev")
        self.broken, self.asked = broken, 0

    async def names(self) -> tuple[str, ...]:
        self.asked += 1
        if self.broken:
            raise RuntimeError("airflow:ListEnvironments denied")
        return self._names

    async def host(self, name: str) -> str:
        self.asked += 1
        return f"{name}.c2.eu-west-1.airflow.amazonaws.com"


LOG = "https://dev.c2.eu-west-1.airflow.amazonaws.com/dags/x/grid?task_id=y"
CHANNELS = {"C1": "prod"}


async def test_the_log_address_beats_the_words_and_the_channel() -> None:
    environments = Environments(CHANNELS, Two())
    alert = {"log_url": LOG, "environment_hint": "prod"}
    assert await environments.meant(alert, "C1") == ("dev",)


async def test_a_name_that_is_known_beats_the_channel() -> None:
    environments = Environments(CHANNELS, Two())
    assert await environments.meant({"environment_hint": "dev"}, "C1") == ("dev",)
    assert await environments.meant({"environment_hint": "production"}, "C1") == ("prod",)


async def test_else_the_channel_tells_and_else_all_are_meant() -> None:
    environments = Environments(CHANNELS, Two())
    assert await environments.meant({}, "C1") == ("prod",)
    assert await environments.meant({}, "C2") == ("prod", "dev")
    elsewhere = {"log_url": "https://airflow.example.com/x"}
    assert await environments.meant(elsewhere, "C2") == ("prod", "dev")


async def test_the_only_one_is_meant_without_asking_for_its_host() -> None:
    only = Two("prod")
    environments = Environments({}, only)
    for _ in range(3):
        assert await environments.meant({"log_url": LOG}, "C1") == ("prod",)
    assert only.asked == 1


async def test_what_cannot_be_asked_now_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    known = Two(broken=True)
    environments = Environments(CHANNELS, known)
    assert await environments.meant({"log_url": LOG}, "C1") == ("prod",)
    assert await environments.meant({"log_url": LOG}, "C2") == ()
    assert "ListEnvironments denied" in capsys.readouterr().err
    known.broken = False
    assert await environments.meant({"log_url": LOG}, "C1") == ("dev",)


async def test_nothing_is_known_where_the_tools_are_elsewhere() -> None:
    assert await Environments({}, None).meant({"log_url": LOG}, "C1") == ()
    assert await Environments(CHANNELS, None).meant({}, "C1") == ("prod",)


def test_the_setting_is_read_or_refused() -> None:
    assert channel_environments(("C1=prod", "C2 = dev")) == {"C1": "prod", "C2": "dev"}
    for wrong in ("C1", "=prod", "C1="):
        with pytest.raises(ValueError, match="CHANNEL=ENVIRONMENT"):
            channel_environments((wrong,))
