"""Runs every benchmark three times and writes docs/performance.json, docs/performance.md, pictures.

    python3 benches/run.py                 # everything but the soak: about 20 minutes
    python3 benches/run.py --soak 10       # and a soak of ten minutes behind it
    python3 benches/run.py --quick         # only whether all of them work; writes below target/

Needs Linux, Rust, Python 3.9 or later; wrk where the load is to be measured too. The first run
fetches matplotlib into benches/.work, for the pictures.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "benches" / ".work"
BENCHES = ["gateway", "callbacks", "settling", "held", "virtual_day", "core"]
MATPLOTLIB = "matplotlib==3.11.2"
FIGURE = re.compile(r"^(\S+): (-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\) (.+)$")


def call(command: list, **options) -> str:
    """What the command prints; its failure ends this program too."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"run.py: `{' '.join(map(str, command))}` failed: exit code {done.returncode}")
    return done.stdout


def read_figures(text: str) -> dict:
    matches = filter(None, map(FIGURE.match, text.splitlines()))
    return {
        match[1]: {
            "median": float(match[2]),
            "least": float(match[3]),
            "most": float(match[4]),
            "unit": match[5],
        }
        for match in matches
    }


def bench(name: str, quick: bool, arguments: list = ()) -> dict:
    profile = ["--profile", "dev"] if quick else []
    given = (["--quick"] if quick else []) + list(arguments)
    criterion = ROOT / "target" / "criterion"
    if name == "core":
        shutil.rmtree(criterion, ignore_errors=True)
    text = call(["cargo", "bench", "--locked", *profile, "--bench", name, "--", *given])
    figures = read_criterion(criterion) if name == "core" else read_figures(text)
    if not figures:
        sys.exit(f"run.py: the benchmark {name} printed no figure:\n{text}")
    return figures


def read_criterion(folder: pathlib.Path) -> dict:
    figures = {}
    for path in sorted(folder.glob("**/new/estimates.json")):
        name = json.loads((path.parent / "benchmark.json").read_text())["full_id"]
        median = json.loads(path.read_text())["median"]
        interval = median["confidence_interval"]
        figures["core." + name.replace("/", ".")] = {
            "median": median["point_estimate"],
            "least": interval["lower_bound"],
            "most": interval["upper_bound"],
            "unit": "ns",
        }
    return figures


def load(program: pathlib.Path, quick: bool) -> dict:
    """The load with wrk against the program, as anyone would start it."""
    if shutil.which("wrk") is None:
        print("run.py: wrk is not installed: its load is left out", file=sys.stderr)
        return {}
    command = [program, "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            url = "http://" + process.stdout.readline().split(" listening on http://")[1].strip()
            return read_figures(call(["benches/load.sh", url, "1" if quick else "5"]))
        finally:
            process.terminate()


def run_once(quick: bool) -> dict:
    figures = {}
    for name in BENCHES:
        print(f"  {name}", file=sys.stderr)
        figures.update(bench(name, quick))
    program = ROOT / "target" / ("debug" if quick else "release") / "momosandbox"
    print("  start and load", file=sys.stderr)
    start = [sys.executable, "benches/start.py", str(program), *(["--quick"] if quick else [])]
    figures.update(read_figures(call(start)))
    figures.update(load(program, quick))
    return figures


def gather(runs: list) -> dict:
    """Of each figure the median of the runs, and from the least to the most of all rounds."""
    gathered = {}
    for name in runs[0]:
        of = [run[name] for run in runs if name in run]
        gathered[name] = {
            "median": statistics.median(one["median"] for one in of),
            "least": min(one["least"] for one in of),
            "most": max(one["most"] for one in of),
            "runs": [one["median"] for one in of],
            "unit": of[0]["unit"],
        }
    return gathered


def machine() -> dict:
    def line(path: str, name: str) -> str:
        lines = pathlib.Path(path).read_text().splitlines()
        return next((it.split(":")[1].strip() for it in lines if it.startswith(name)), "unknown")

    memory = int(line("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    return {
        "processor": line("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": f"{memory:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see whether all of them work")
    parser.add_argument("--runs", type=int, default=3, help="how often each runs")
    parser.add_argument("--soak", type=int, metavar="MINUTES", help="soak so long at the end")
    arguments = parser.parse_args()
    quick, count = arguments.quick, 1 if arguments.quick else arguments.runs
    result = {
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "commit": call(["git", "describe", "--always", "--dirty"]).strip(),
        "connections": 32,
        "runs": count,
    }
    runs = []
    for number in range(1, count + 1):
        print(f"run {number} of {count}", file=sys.stderr)
        runs.append(run_once(quick))
    result["figures"] = gather(runs)
    if arguments.soak or quick:
        print("soak", file=sys.stderr)
        minutes = [] if quick else ["--minutes", str(arguments.soak)]
        result["figures"].update(gather([bench("soak", quick, minutes)]))
    file = ROOT / ("target/performance-quick.json" if quick else "docs/performance.json")
    if not arguments.soak and not quick and file.exists():
        # A soak is long: what the last one found stays until there is another.
        old = json.loads(file.read_text())["figures"]
        result["figures"].update({k: v for k, v in old.items() if k.startswith("soak.")})
    file.write_text(json.dumps(result, indent=1) + "\n")
    print(f"wrote {file.relative_to(ROOT)}", file=sys.stderr)
    if not quick:
        python = WORK / "venv" / "bin" / "python"
        if not python.exists():
            call([sys.executable, "-m", "venv", WORK / "venv"])
            call([python, "-m", "pip", "install", "-q", MATPLOTLIB])
        call([python, "benches/render.py"])


main()
