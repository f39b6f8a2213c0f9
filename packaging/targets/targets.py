"""The targets that programs are built for, and how a program of each is started on this machine."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import wine_home

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
WORK = REPOSITORY / "packaging/.work"
PROGRAMS = WORK / "programs"

# wine's home. It links to `/`. Cargo walks through every folder of the package when it documents, and
# skips this one.
HOME = REPOSITORY / "target/wine"

# What starts the programs of Windows, exit_code.c.
PARENT = HOME / "exit_code.exe"


@dataclass(frozen=True)
class Target:
    triple: str
    # What starts a program of this target; None where this machine has nothing for it.
    runner: tuple[str, ...] | None
    suffix: str = ""

    @property
    def program(self) -> Path:
        return PROGRAMS / self.triple / f"momosandbox{self.suffix}"

    @property
    def download(self) -> Path:
        return PROGRAMS / f"momosandbox-{self.triple}.xz"

    @property
    def in_root(self) -> bool:
        """Whether its programs are built and start in the Debian root."""
        return self.runner != ()

    @property
    def is_macos(self) -> bool:
        return "apple" in self.triple

    @property
    def is_windows(self) -> bool:
        return "windows" in self.triple


TARGETS = {
    target.triple: target
    for target in (
        Target("x86_64-unknown-linux-gnu", ()),
        Target("aarch64-unknown-linux-gnu", ("qemu-aarch64",)),
        Target("x86_64-pc-windows-gnu", ("wine",), ".exe"),
        Target("aarch64-apple-darwin", None),
        Target("x86_64-apple-darwin", None),
    )
}


def version() -> str:
    manifest = tomllib.loads((REPOSITORY / "Cargo.toml").read_text())
    return manifest["workspace"]["package"]["version"]


def inside(path: Path) -> str:
    """The path of something of the repository in the Debian root."""
    return str(Path("/src") / path.resolve().relative_to(REPOSITORY))


def root_environment() -> dict[str, str]:
    """Variables for wine: a home of its own, no window, no messages about wine itself."""
    return os.environ | {
        "WINEPREFIX": inside(HOME),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        # A proxy of this machine's is not the way to this machine.
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


class Starter:
    """Starts a program of a target, in a folder of the repository."""

    def __init__(self, target: Target, program: Path, folder: Path) -> None:
        if target.runner is None:
            raise SystemExit(f"nothing here runs programs of {target.triple}")
        self.target = target
        # What starts another program of the target from within one.
        self.runner = () if target.is_windows else target.runner
        self.folder = folder
        self.environment = root_environment()
        if target.in_root:
            enter = [str(FOLDER / "enter"), "--in", inside(folder)]
            parent = [inside(PARENT)] if target.is_windows else []
            self.words = [*enter, *target.runner, *parent, inside(program)]
        else:
            self.words = [str(program.resolve())]

    def start(self, *arguments: str) -> "Running":
        words = [*self.words, *arguments]
        return Running(words, self.folder, self.environment, self.target.is_windows)

    def run(self, *arguments: str, within: float = 60) -> tuple[int, str]:
        """Runs it to its end; gives its exit code and all that it printed."""
        running = self.start(*arguments)
        try:
            return running.wait(within), running.text()
        finally:
            running.kill()

    def prepare(self) -> None:
        """Makes wine's home, and has its server stay for all programs to come."""
        if self.target.is_windows:
            wine_home.make(HOME, self._enter)
            source = inside(FOLDER / "exit_code.c")
            self._enter("x86_64-w64-mingw32-gcc", "-O1", source, "-o", inside(PARENT))

    def end(self) -> None:
        """Ends what wine leaves running."""
        if self.target.is_windows:
            self._enter(wine_home.WINESERVER, "-k")

    def _enter(self, *words: str, within: float = 300) -> None:
        # A file, not a pipe: wine's server holds it open for as long as it stays.
        with tempfile.TemporaryFile("w+") as output:
            command = [FOLDER / "enter", *words]
            ended = subprocess.run(
                command, env=self.environment, stdout=output, stderr=output, timeout=within
            )
            output.seek(0)
            if ended.returncode:
                raise SystemExit(f"{words} ended with {ended.returncode}:\n{output.read()}")


class Running:
    """A started program whose output is read all the time."""

    def __init__(
        self, words: list[str], folder: Path, environment: dict[str, str], has_parent: bool
    ) -> None:
        # Whether exit_code.c started it.
        self.has_parent = has_parent
        self.lines: list[str] = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Nothing but what this test sends is to reach it.
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.decode(errors="replace").rstrip("\r\n"))
                self.changed.notify_all()

    def text(self) -> str:
        return "\n".join(self.lines)

    def line_with(self, pattern: str, within: float = 30) -> re.Match[str]:
        """The first line that has the pattern, once it is there."""
        end = time.monotonic() + within

        def found() -> re.Match[str] | None:
            return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)

        with self.changed:
            while not (match := found()):
                rest = end - time.monotonic()
                if rest <= 0 or (not self.reader.is_alive() and not found()):
                    raise AssertionError(f"no line has {pattern!r}:\n{self.text()}")
                self.changed.wait(min(rest, 0.2))
        return match

    def wait(self, within: float) -> int:
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            text = self.text()
            raise AssertionError(f"it still runs after {within} s:\n{text}") from None
        # A program that it left running may hold the pipe open.
        self.reader.join(5)
        return int(self.line_with(r"^exit code (\d+)$")[1]) if self.has_parent else code

    def interrupt(self) -> None:
        """Ctrl-C for it alone; wine makes of the signal what a console makes of the keys."""
        if self.has_parent:
            self.interrupt_all()
        else:
            self.process.send_signal(signal.SIGINT)

    def interrupt_all(self) -> None:
        """Ctrl-C as a terminal sends it: to this program and to those that it started."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        # What it started is of its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
