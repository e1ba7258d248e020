"""A log of a gigabyte is read in flat memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CAUSE = 'INFO - 03:00:01    relation "mart.orders" does not exist\n'
# VmHWM and not getrusage: that one's peak is the parent's own when the child was forked from it.
MEASURED = """
import json, re, sys
from pathlib import Path
from mcp_server.commands.diagnose_log import main
code = main([sys.argv[1], "--json"])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(json.dumps(int(peak[1]) / 1024))
sys.exit(code)
"""


@pytest.mark.slow
def test_a_gigabyte_keeps_its_cause_its_line_number_and_150_mb(tmp_path: Path) -> None:
    log = tmp_path / "attempt=1.log"
    block = "".join(
        f"INFO - batch {n} of 20000 id={n * 7919:012x} rows ok\n" for n in range(20_000)
    )
    blocks = 1_000_000_000 // len(block)
    with log.open("w") as out:
        for at in range(blocks):
            out.write(block)
            if at == blocks // 2:
                out.write(CAUSE)
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own file
        [sys.executable, "-c", MEASURED, str(log)], capture_output=True, text=True, check=True
    )
    answer, peak = (json.loads(row) for row in done.stdout.splitlines())
    assert answer["category"] == "database.missing_object"
    assert answer["cause_line_number"] == 20_000 * (blocks // 2 + 1) + 1
    assert peak <= 150
