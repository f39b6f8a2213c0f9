"""How big the program is, how soon it answers, how much memory it holds at rest.

    python3 benches/start.py target/release/momosandbox

From the start of the process to the first answer of its health call, asked without a pause; memory
is what the system counts as resident a tenth of a second later. Linux only.
"""

import http.client
import os
import statistics
import subprocess
import sys
import time

RUNS = 31


def start_once(program: str) -> tuple[float, float, float]:
    """Milliseconds to the line that says it listens and to its first answer; MiB at rest."""
    command = [program, "--listen", "127.0.0.1:0", "--scenario", "happy"]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        address = process.stdout.readline().split(" listening on http://")[1].strip()
        listening = time.perf_counter() - began
        connection = http.client.HTTPConnection(address, timeout=5)
        connection.request("GET", "/_sandbox/health")
        assert connection.getresponse().status == 200
        healthy = time.perf_counter() - began
        connection.close()
        return listening * 1000, healthy * 1000, resident(process.pid)
    finally:
        process.terminate()
        process.wait()


def resident(pid: int) -> float:
    time.sleep(0.1)
    with open(f"/proc/{pid}/status") as status:
        (line,) = [line for line in status if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--quick"]
    (program,) = arguments
    runs = 3 if "--quick" in sys.argv else RUNS
    measured = list(zip(*(start_once(program) for _ in range(runs))))
    size = os.path.getsize(program) / 1e6
    print(f"start.size: {size:.2f} ({size:.2f} to {size:.2f}) MB")
    for name, unit, values in zip(
        ("start.listening", "start.answered", "start.resident"),
        ("ms to listening", "ms to the first answer", "MiB resident at rest"),
        measured,
    ):
        median, low, high = statistics.median(values), min(values), max(values)
        print(f"{name}: {median:.2f} ({low:.2f} to {high:.2f}) {unit}")


main()
