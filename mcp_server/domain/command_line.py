"""What the command lines share: a command's module is imported late, and no end is a traceback."""

from __future__ import annotations  # an old Python must get far enough to say that it is too old

import argparse
import codecs
import errno
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NEEDED = (3, 11)
OURS = ("mcp_server", "slack_bridge", "sandbox")
INTERRUPTED, UNWRITTEN, WRONG_USE = 130, 1, 2


@dataclass(frozen=True)
class CommandLine:
    """A program and its commands (name -> one line); each is `main(argv) -> int` of a module."""

    prog: str
    about: str
    package: str
    commands: Mapping[str, str]
    example: str = ""


def run(line: CommandLine, argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names; the code to end with (130 interrupted, 2 not usable)."""
    _open_streams()
    try:
        return _flushed(line, sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return 0  # the reader (head, less) left: nobody is there to be told
    except OSError as refused:
        if refused.errno != errno.ENOSPC:
            raise
        _drop_output()
        return _told(line, f"the answer could not be written: {refused.strerror}", UNWRITTEN)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in OURS:
            raise
        return _told(line, _not_installed(missing.name), WRONG_USE)


def say_waiting(what: str) -> None:
    """Tell a person at a terminal that the command waits for what they type."""
    if sys.stdin.isatty():
        sys.stderr.write(f"reading {what} from the terminal; Ctrl-D ends it\n")


def colourful() -> bool:
    """Whether standard output is a terminal that may be given colour (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _flushed(line: CommandLine, argv: Sequence[str]) -> int:
    try:
        return _command(line, argv)
    finally:
        sys.stdout.flush()


def _command(line: CommandLine, argv: Sequence[str]) -> int:
    if sys.version_info < NEEDED:
        return _told(line, _too_old(), WRONG_USE)
    parser = _parser(line)
    options = parser.parse_args(argv)
    if options.version:
        sys.stdout.write(f"de-agent {_version()}\n")
        return 0
    if options.command is None:
        parser.print_help(sys.stderr)
        return WRONG_USE
    if options.command not in line.commands:
        return _told(line, _unknown(line, options.command), WRONG_USE)
    name = options.command.replace("-", "_")
    module = importlib.import_module(f"{line.package}.commands.{name}")
    return int(module.main(options.arguments))


def _parser(line: CommandLine) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=line.prog,
        description=line.about,
        usage=f"{line.prog} COMMAND ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    width = max(map(len, line.commands))
    rows = "\n".join(f"  {name:<{width}}  {about}" for name, about in line.commands.items())
    parser.epilog = f"commands (COMMAND --help tells more):\n{rows}\n{line.example}"
    return parser


def _version() -> str:
    from importlib import metadata  # takes longer than all else here

    try:
        return metadata.version("de-agent")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _unknown(line: CommandLine, said: str) -> str:
    import difflib

    near = difflib.get_close_matches(said, line.commands, n=1, cutoff=0.5)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"there is no command {said!r}.{meant} Commands: {', '.join(line.commands)}."


def _too_old() -> str:
    has = ".".join(map(str, sys.version_info[:3]))
    return f"needs Python 3.11 or newer; {sys.executable} is {has}. `make demo` looks for one."


def _not_installed(name: str | None) -> str:
    return (
        f"the package {name} is not installed for {sys.executable}.\n"
        "After `make demo` or `make test` it is there: `. .venv/bin/activate` first.\n"
        "Else: python -m pip install -r requirements.txt"
    )


def _told(line: CommandLine, what: str, code: int) -> int:
    sys.stderr.write(f"{line.prog}: {what}\n")
    return code


def _drop_output() -> None:
    """Nothing more can be written; what is left must not fail once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_streams() -> None:
    """Give a stream to what a shell closed (`<&-`, `>&-`); let no character end a command.

    What an encoding cannot hold, such as half a surrogate pair, is written as JSON escapes it.
    """
    codecs.register_error("escaped", _escaped)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115, PTH123 - lives as long as the process
            setattr(sys, name, stream)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if name == "stdin" else "escaped")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end
