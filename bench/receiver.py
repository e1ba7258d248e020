"""The receiver's cold import against `import boto3`, and its acknowledgements under load.

Usage: .venv/bin/python bench/receiver.py [--events 100] [--rounds 5]
"""

import argparse
import http.client
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from slack_bridge.receiver import Receiver
from slack_bridge.receiving.http_server import SlackServer
from slack_bridge.receiving.queue import Queue
from slack_bridge.receiving.signature import sign

TEXT = "*Task Failed*\n*Dag*: orders_{0}\n*Task*: load_{0}\n*Error*: ```KeyError: 'x'```"


def cold(code: str, rounds: int) -> float:
    """The median seconds a fresh interpreter takes for `code`."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def acknowledged(port: int, number: int, start: threading.Barrier) -> float:
    event = {"type": "message", "bot_id": "B1", "channel": "C1", "ts": f"{number}.0"}
    event["text"] = TEXT.format(number)
    body = json.dumps({"type": "event_callback", "team_id": "T1", "event": event}).encode()
    stamp = str(int(time.time()))
    signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign("s", stamp, body)}
    start.wait()
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/slack/events", body, signed)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200
    return time.perf_counter() - began


def send(port: int, events: int, rounds: int) -> list[float]:
    """Seconds of each acknowledgement, `events` at once; a process of its own, as Slack is."""
    times: list[float] = []
    with ThreadPoolExecutor(events) as pool:
        for turn in range(rounds):
            start = threading.Barrier(events)
            numbers = range(turn * events, (turn + 1) * events)
            sent = [pool.submit(acknowledged, port, n, start) for n in numbers]
            times += [s.result() for s in sent]
    return times


def load(events: int, rounds: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        queue = Queue(f"{folder}/queue.sqlite3")
        server = SlackServer(("127.0.0.1", 0), Receiver("s", queue.put))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as slack:
            times = slack.submit(send, int(port), events, rounds).result()
        assert queue.waiting() == events * rounds
        server.shutdown()
        queue.close()
    return sorted(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    floor, ours = cold("import boto3", 9), cold("import slack_bridge.receiver", 9)
    sys.stderr = Path("/dev/null").open("w")  # noqa: SIM115 - the receiver's log lines
    times = load(options.events, options.rounds)
    p99 = times[int(len(times) * 0.99) - 1]
    print(f"cold import: ours {ours:.3f} s, boto3 {floor:.3f} s, {ours / floor:.2f} times (<= 1.3)")
    print(
        f"acknowledged: {len(times)} events, {options.events} at once: "
        f"median {statistics.median(times) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms (<= 300)"
    )
    return 0 if ours <= 1.3 * floor and p99 <= 0.3 else 1


if __name__ == "__main__":
    sys.exit(main())
