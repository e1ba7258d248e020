"""Throughput and memory of the digest on a generated log, beside grep and plain reading."""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CAUSE = (
    "[2026-11-20, 02:31:07 UTC] {{subprocess.py:93}} INFO -   "
    'relation "mart.orders" does not exist\n'
)
READ = "import sys\nn = 0\nfor line in open(sys.argv[1], encoding='utf-8'): n += 1\n"


def main() -> int:
    """Print MB/s of the digest and its floors; exit 1 when a bar is missed (DESIGN 7)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--megabytes", type=int, default=200, help="size of the log (1000 for the bar)"
    )
    size = parser.parse_args().megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "attempt=1.log"
        _write(log, size)
        digest = [sys.executable, "-m", "mcp_server", "diagnose-log", str(log)]
        ours, peak, answer = _timed(digest)
        plain, _, _ = _timed([sys.executable, "-c", READ, str(log)])
        grep, _, _ = _timed(["grep", "-c", "ERROR", str(log)])
        _print(log.stat().st_size, ours, plain, grep, peak)
        long = Path(folder) / "lines.log"
        _write(long, 60_000 * 108)
        tokens = len(_timed([*digest[:-1], str(long)])[2]) / 4
        print(f"60,000 lines: answer of {tokens:.0f} tokens")
    found = 'relation "mart.orders" does not exist' in answer
    fast = log_speed(size, ours) >= 100
    print(f"cause found: {found}; >= 100 MB/s: {fast}; <= 150 MB: {peak <= 150}")
    return 0 if found and fast and peak <= 150 and tokens <= 1000 else 1


def log_speed(size: int, seconds: float) -> float:
    """MB/s."""
    return size / 1e6 / seconds


def _write(log: Path, size: int) -> None:
    rng = random.Random(7)  # noqa: S311 - noise, not secrets
    models = ["stg_orders", "fct_orders", "dim_customer", "int_items", "stg_payments"]
    block = "".join(
        f"[2026-11-20, 02:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d} UTC]"
        f" {{{{subprocess.py:93}}}} INFO - batch {rng.randint(1, 900)} of {rng.choice(models)}"
        f" offset={rng.randint(1, 10**7)}"
        f" id={rng.getrandbits(48):x}\n"
        for _ in range(20_000)
    )
    with log.open("w") as out:
        written = 0
        while written < size:
            out.write(block)
            written += len(block)
            if written - len(block) <= size * 0.62 < written:
                out.write(CAUSE)


def _timed(command: list[str]) -> tuple[float, float, str]:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return time.perf_counter() - start, peak, done.stdout


def _print(size: int, ours: float, plain: float, grep: float, peak: float) -> None:
    rows = {"digest": ours, "python, line by line": plain, "grep -c ERROR": grep}
    for name, seconds in rows.items():
        print(f"{name:<22}{log_speed(size, seconds):8.0f} MB/s  {seconds:6.2f} s")
    print(f"peak memory of the digest {peak:.0f} MB on {size / 1e6:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
