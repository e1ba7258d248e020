"""What is said to a colleague who asked."""

from dataclasses import dataclass, field

from slack_bridge.message.message import Block, Message, section


@dataclass(frozen=True)
class Answer:
    """Safe mrkdwn in `text`, the whole in `blocks`."""

    text: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def message(self) -> Message:
        """The answer as the thread posts it."""
        return Message(self.text, self.blocks)


def plain_answer(text: str) -> Answer:
    """An answer of words alone; its first line is the notification."""
    return Answer(first_line(text), [section(text)])


def first_line(text: str) -> str:
    """What a notification shows."""
    return text.partition("\n")[0]
