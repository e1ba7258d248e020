"""A Redshift on localhost: PostgreSQL with Redshift's system tables behind Redshift's wire."""

import asyncio
import socket
import threading
from collections.abc import Mapping
from importlib import resources

from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.redshift.accounts import Accounts
from sandbox.redshift.certificate import HOSTS, server_context
from sandbox.redshift.postgres import Postgres
from sandbox.redshift.proxy import Proxy
from sandbox.redshift.script import load_script
from sandbox.redshift.session import Session


class RedshiftServer:
    """Serves `redshift.sql` at the world's time until `close`; boots in under a second.

    `users` are logins with a password of their own; the others come from the credential
    services. `ca_file` is what a client has to trust; `notes` say what the script wanted and
    Redshift has not. Raises ScriptWrong with the statement that failed.
    """

    host = "localhost"

    def __init__(
        self,
        sql: str,
        clock: Clock,
        faults: Faults,
        calls: CallLog,
        *,
        database: str = "dev",
        users: Mapping[str, str] | None = None,
        certificate_hosts: tuple[str, ...] = HOSTS,
    ) -> None:
        self.database = database
        self.clock = clock
        self.accounts = Accounts(clock, users or {})
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._postgres = Postgres(database)
        self._admin = self._postgres.session()
        try:
            self.notes = self._fill(sql)
            tls, self.ca_file = server_context(self._postgres.folder, certificate_hosts)
        except BaseException:
            self._admin.close()
            self._postgres.close()
            raise
        self._proxy = Proxy(
            self._postgres.socket_path, tls, self.accounts, faults, calls, self.make_user
        )
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def make_user(self, user: str) -> None:
        """Make a database user known, with the rights that everybody has."""
        with self._lock:
            if user in self._known:
                return
            quoted = user.replace('"', '""')
            known = self._admin.execute("select 1 from pg_roles where rolname = $1", [user]).rows
            sql = f'alter role "{quoted}" login' if known else f'create role "{quoted}" login'
            self._admin.query(sql)
            self._known.add(user)

    def session(self, user: str) -> Session:
        """A connection past the wire, as the Data API runs statements; the caller closes it."""
        self.make_user(user)
        return self._postgres.session(user)

    def run(self, sql: str) -> None:
        """Run statements as the owner of the world, as a story goes on."""
        with self._lock:
            self._admin.query(sql)

    def close(self) -> None:
        """End every connection and PostgreSQL; nothing is left on the disk."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._admin.close()
        self._postgres.close()

    def _fill(self, sql: str) -> list[str]:
        folder = resources.files("sandbox.redshift")
        offset = (self.clock.now() - Clock().now()).total_seconds()
        functions = folder.joinpath("functions.sql").read_text("utf-8")
        self._admin.query("set allow_system_table_mods = on")
        self._admin.query(folder.joinpath("tables.sql").read_text("utf-8"))
        self._admin.query(functions.replace("{offset}", f"{offset:.3f}"))
        self._admin.query(_RIGHTS)
        return load_script(self._admin, sql)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        main = self._loop.create_task(self._listen())
        try:
            self._loop.run_until_complete(main)
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._proxy.serve, sock=self._listening)
        await self._closing.wait()
        server.close()
        # A connection that is being accepted may begin tasks while the others end.
        while connections := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in connections:
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)
        # Transports that were aborted close their sockets in the loop's next turn.
        await asyncio.sleep(0.01)


# Everybody reads what the story does not take away with a REVOKE.
_RIGHTS = """
grant select on all tables in schema pg_catalog to public;
alter default privileges grant select on tables to public;
alter default privileges grant usage on schemas to public;
"""
