"""What every script of a release needs: the version, the names, the targets, and where things lie."""

import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "packaging" / ".work"

# Rust's triples, in the order in which people ask for them.
TARGETS = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-gnu",
]


def version(root: pathlib.Path = ROOT) -> str:
    """The version's one source."""
    return tomllib.loads((root / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def names(root: pathlib.Path = ROOT) -> dict:
    return tomllib.loads((root / "packaging" / "placeholders.toml").read_text())


def repository(root: pathlib.Path = ROOT) -> str:
    """The address of the repository."""
    own = names(root)
    return f"https://github.com/{own['github_owner']}/{own['github_repository']}"


def is_windows(target: str) -> bool:
    return "windows" in target


def program(target: str) -> str:
    return "momosandbox.exe" if is_windows(target) else "momosandbox"


def archive(target: str, of_version: str) -> str:
    ending = "zip" if is_windows(target) else "tar.xz"
    return f"momosandbox-{of_version}-{target}.{ending}"


def commit_time() -> int:
    """The time of the last commit, so that two runs on the same commit make the same bytes."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def copy_sources(into: pathlib.Path, root: pathlib.Path = ROOT) -> None:
    """Copies the files that git tracks, as they are in the work tree.

    `cargo package` walks through every folder of a package: in the work tree it would read the
    Debian root in packaging/.work too.
    """
    listed = ["git", "-C", str(root), "ls-files", "-z"]
    names = subprocess.run(listed, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name in filter(None, names.split("\0")):
        # A tracked file may be deleted in the work tree.
        if (root / name).is_file():
            to = into / name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to)


@contextlib.contextmanager
def copied_sources() -> Iterator[pathlib.Path]:
    """A folder with a copy of the sources, which is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="momosandbox-sources-") as name:
        copy_sources(pathlib.Path(name))
        yield pathlib.Path(name)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["targets"]:
            print("\n".join(TARGETS))
        case ["version"]:
            print(version())
        case ["copy-sources", folder]:
            copy_sources(pathlib.Path(folder))
        case _:
            sys.exit("project: expected `targets`, `version` or `copy-sources FOLDER`")
