"""A PostgreSQL process of our own, in a folder of its own, gone when this process is gone."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.redshift.binaries import postgres_programs
from sandbox.redshift.session import Session, SqlError

SUPERUSER = "rdsdb"
READY_SECONDS = 20.0
# The shell ends PostgreSQL and removes the folder when its input closes, which also happens when
# this process dies without saying goodbye.
_WATCHED = '"$@" >"$FOLDER/log" 2>&1 & p=$!; read _; kill -INT $p; wait $p; rm -rf "$FOLDER" 2>&-'
_FLAGS = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "shared_buffers": "16MB", "listen_addresses": "", "autovacuum": "off",
    "timezone": "UTC", "log_timezone": "UTC", "jit": "off", "max_connections": "60",
    "lc_messages": "C",
}  # fmt: skip


class PostgresFailed(Exception):
    """PostgreSQL did not start; the text holds what it said."""


class Postgres:
    """Runs as another user when this one is root; reached over the socket in `folder`."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.folder = Path(tempfile.mkdtemp(prefix="de-agent-redshift-", dir=_parent()))
        self._identity = _identity()
        try:
            self._process = self._start()
            self._rename_database()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def session(self, user: str = SUPERUSER, database: str = "") -> Session:
        """A connection; the caller closes it."""
        return Session(self.socket_path, user, database or self.database)

    @property
    def socket_path(self) -> Path:
        return self.folder / ".s.PGSQL.5432"

    def close(self) -> None:
        """End the process and remove its folder."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        # What this process wrote itself, the other user could not remove.
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> "subprocess.Popen[bytes]":
        self.folder.chmod(0o755)
        if self._identity:
            os.chown(self.folder, self._identity["user"], self._identity["group"])
        programs = self._reachable(postgres_programs())
        data = self.folder / "data"
        self._run([
            str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
            "--no-locale", "--no-sync", "--wal-segsize=1", "--no-instructions",
        ])  # fmt: skip
        flags = [f"-c{name}={value}" for name, value in _FLAGS.items()]
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(self.folder), *flags]
        return subprocess.Popen(  # noqa: S603 - our own programs
            ["/bin/sh", "-c", _WATCHED, "sh", *command],
            stdin=subprocess.PIPE,
            cwd=self.folder,
            env={**os.environ, "FOLDER": str(self.folder)},
            start_new_session=True,
            **self._identity,
        )

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(  # noqa: S603 - our own programs
            command, cwd=self.folder, capture_output=True, text=True, check=False, **self._identity
        )
        if done.returncode:
            raise PostgresFailed(f"{Path(command[0]).name}: {done.stderr.strip()[-1000:]}")

    def _reachable(self, programs: Path) -> Path:
        """The programs where the other user can run them: a home folder may be closed to it."""
        try:
            self._run([str(programs / "postgres"), "--version"])
        except PermissionError:
            package = programs.parents[1]
            copy = self.folder / package.name / programs.parent.name
            shutil.copytree(programs.parent, copy, ignore=shutil.ignore_patterns("include"))
            # A wheel's libraries lie beside its package, where the programs look for them.
            for libraries in package.parent.glob(f"{package.name}.libs"):
                shutil.copytree(libraries, self.folder / libraries.name)
            return copy / "bin"
        return programs

    def _rename_database(self) -> None:
        """The database that initdb made takes Redshift's name; a new one would cost a copy."""
        session = self._first_session()
        try:
            session.query(f'alter database postgres rename to "{self.database}"')
        finally:
            session.close()

    def _first_session(self) -> Session:
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                return self.session(database="template1")
            except (OSError, SqlError) as not_yet:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise PostgresFailed(self._log()) from not_yet
            time.sleep(0.005)

    def _log(self) -> str:
        log = self.folder / "log"
        said = log.read_text(errors="replace") if log.exists() else ""
        return f"PostgreSQL did not start: {said.strip()[-1000:] or 'it said nothing'}"


def _parent() -> str | None:
    """Root's own temporary folder may be closed to the other user; /tmp is open to all."""
    return "/tmp" if os.geteuid() == 0 else None  # noqa: S108 - mkdtemp makes the folder


def _identity() -> Mapping[str, Any]:  # subprocess's own keyword arguments
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
