"""Start of the MCP server to `tools/list` over stdio, and its memory, beside a one-tool server's.

The floor is the SDK's own import: a server of one tool on the same SDK, measured in the same run,
turn by turn. Bars: <= 1.2 times the floor, <= 95 MB.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ONE_TOOL = """
from mcp.server import MCPServer

server = MCPServer("floor")


@server.tool()
def ping() -> str:
    "Answer."
    return "pong"


server.run("stdio")
"""
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
SETTINGS = {
    "AWS_REGION": "eu-west-1",
    "MWAA_ENVIRONMENT_NAME": "prod",
    "REDSHIFT_CLUSTER_ID": "analytics",
    "REDSHIFT_DATABASE": "dev",
}


def measured(command: list[str]) -> tuple[float, float, int]:
    """Milliseconds to the list, resident megabytes then, and how many tools it holds."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, **SETTINGS}, text=True,
    ) as server:  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        for message in (HELLO, READY, LIST):
            server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
        while (answer := json.loads(server.stdout.readline())).get("id") != 2:
            pass
        ms = 1000 * (time.perf_counter() - began)
        memory = _resident(server.pid)
        server.stdin.close()
        server.wait(10)
    return ms, memory, len(answer["result"]["tools"])


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=9)
    turns = parser.parse_args().turns
    ours = [sys.executable, "-m", "mcp_server", "serve"]
    floor = [sys.executable, "-c", ONE_TOOL]
    measured(ours), measured(floor)
    rows = [(measured(ours), measured(floor)) for _ in range(turns)]
    ms = [statistics.median(row[at][0] for row in rows) for at in (0, 1)]
    ratio = statistics.median(row[0][0] / row[1][0] for row in rows)
    memory = [max(row[at][1] for row in rows) for at in (0, 1)]
    print(f"{'':14} {'to tools/list':>14} {'memory':>9}  tools")
    print(f"{'de-agent-mcp':14} {ms[0]:11.0f} ms {memory[0]:6.0f} MB  {rows[0][0][2]}")
    print(f"{'one-tool floor':14} {ms[1]:11.0f} ms {memory[1]:6.0f} MB  {rows[0][1][2]}")
    print(f"ratio {ratio:.2f} (bar 1.2), memory {memory[0]:.0f} MB (bar 95)")
    return 0 if ratio <= 1.2 and memory[0] <= 95 else 1


if __name__ == "__main__":
    sys.exit(main())
