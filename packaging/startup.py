"""Writes startup.ld: what runs at the start, for the linker to lay side by side.

    packaging/startup.py PROGRAM MAP

PROGRAM is a static, unstripped build for Linux without startup.ld, MAP what its linker wrote with
`-Wl,-Map=MAP`. valgrind runs it until it listens. Linux maps a file in blocks of 64 KiB around what
is used, so functions that lie apart cost resident memory that nobody uses.

A pattern leaves out the hash at the end of a function's name. So the file outlives a change of
dependencies: a function that is gone matches nothing, a new one lies with the rest. Write it anew
once the test of the image finds too much resident at rest.
"""

import bisect
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(__file__).with_name("startup.ld")
# A pattern stays if this part of the code that it names runs: generic code has one name for all
# its copies.
RUNNING_MIN = 0.05


def run_once(program: str) -> set[str]:
    """The names of the functions that ran, or their addresses, until the program listened."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind")
        valgrind = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out}"]
        command = [*valgrind, program, "--listen", "127.0.0.1:0", "--scenario", "happy"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert " listening on " in process.stdout.readline(), "the program does not listen"
        process.terminate()
        process.communicate()
        found = re.findall(r"^c?fn=\(\d+\) (\S+?)(?:'\d+)?$", out.read_text(), re.MULTILINE)
    return set(found)


def symbols(program: str) -> dict[str, tuple[int, int]]:
    """The address and the size of each function."""
    listed = subprocess.run(["nm", "-S", program], check=True, stdout=subprocess.PIPE, text=True)
    found = re.findall(r"^(\w+) (\w+) [tTwWiI] (.*)$", listed.stdout, re.MULTILINE)
    return {name: (int(address, 16), int(size, 16)) for address, size, name in found}


def pattern(name: str) -> str:
    """The name as a linker's pattern, without its hash."""
    name = re.sub(r"17h[0-9a-f]{16}E", "17h*E", name)
    name = re.sub(r"\.llvm\.\d+$", ".llvm.*", name)
    return re.sub(r"[^A-Za-z0-9_.$*?]", "?", name)


def functions_of_rust(ran: set[str], known: dict[str, tuple[int, int]]) -> list[str]:
    named, running = collections.Counter(), collections.Counter()
    for name, (_, size) in known.items():
        if name.startswith(("_ZN", "_R")):
            named[pattern(name)] += size
            running[pattern(name)] += size if name in ran else 0
    return sorted(one for one in named if running[one] > RUNNING_MIN * named[one])


def objects_of_c(ran: set[str], known: dict[str, tuple[int, int]], linked: str) -> list[str]:
    """The objects of the C library: their functions have no sections of their own."""
    line = r"^\s*(\w+)\s+\w+\s+(\w+)\s+\d+\s+\S*/(\S+\.a)\(([^)]+)\):\(\.text[^)]*\)$"
    parts = sorted(
        (int(address, 16), int(size, 16), f"*{archive}:{name}")
        for address, size, archive, name in re.findall(line, linked, re.MULTILINE)
    )
    starts = [start for start, _, _ in parts]
    found = set()
    for name in ran:
        if name.startswith(("_ZN", "_R")):
            continue
        address = int(name, 16) if name.startswith("0x") else known.get(name, (0, 0))[0]
        index = bisect.bisect(starts, address) - 1
        if index >= 0 and address < parts[index][0] + parts[index][1]:
            found.add(parts[index][2])
    return sorted(found)


def main() -> None:
    program, linked = sys.argv[1:]
    ran, known = run_once(program), symbols(program)
    # Code that the compiler deems unlikely lies in `.text.unlikely.NAME`.
    lines = [f"*(.text.*{one})" for one in functions_of_rust(ran, known)]
    lines += [
        f"{one}(.text .text.*)" for one in objects_of_c(ran, known, pathlib.Path(linked).read_text())
    ]
    SCRIPT.write_text(
        "/* What runs at the start, side by side: see startup.py, which writes this file. */\n"
        "SECTIONS\n{\n  .text.startup_path :\n  {\n"
        + "".join(f"    {line}\n" for line in lines)
        + "  }\n}\nINSERT BEFORE .text;\n"
    )


main()
