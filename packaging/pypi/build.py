"""Builds a wheel of each ready program, and the source distribution, which builds by cargo.

The metadata is that of the root's pyproject.toml, as maturin writes it: both ways of building give
the same package. maturin itself can only pack what it compiled.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
import platforms  # noqa: E402
from platforms import Platform, project  # noqa: E402

WORK = project.WORK / "pypi"
DIST = WORK / "dist"
TOOLS = project.WORK / "venv" / "bin"


# The command `momosandbox` is the program itself, without Python between. Its other name takes no
# second copy of it. maturin refuses such an entry, and builds a second program instead.
ENTRY_POINTS = "[console_scripts]\nmomo-sandbox = momo_sandbox.__main__:main\n"


def run(*words: object) -> None:
    environment = os.environ | {
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        # Two runs on the same commit make the same bytes.
        "SOURCE_DATE_EPOCH": str(project.commit_time()),
    }
    command = [str(word) for word in words]
    ended = subprocess.run(
        command, cwd=project.ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if ended.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}")


def metadata() -> Path:
    """The folder `….dist-info` without what differs by platform."""
    into = platforms.fresh(WORK / "metadata")
    python = TOOLS / "python"
    run("maturin", "pep517", "write-dist-info", "--metadata-directory", into, "--interpreter", python)
    (folder,) = into.iterdir()
    return folder


def wheel(platform: Platform, described: Path) -> Path:
    root = platforms.fresh(WORK / "wheel" / platform.triple)
    info = root / described.name
    shutil.copytree(described, info)
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platforms.wheel_tags(platform))
    (info / "WHEEL").write_text(
        f"Wheel-Version: 1.0\nGenerator: momo-sandbox\nRoot-Is-Purelib: false\n{tags}"
    )
    with (info / "entry_points.txt").open("a") as entry_points:
        entry_points.write(ENTRY_POINTS)
    package = FOLDER / "src" / "momo_sandbox"
    shutil.copytree(package, root / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    # The installer puts what lies here among its commands, as it is.
    scripts = root / described.name.replace(".dist-info", ".data") / "scripts"
    platforms.copy_program(platform, scripts)
    before = set(DIST.iterdir())
    run("wheel", "pack", root, "--dest-dir", DIST)
    (built,) = set(DIST.iterdir()) - before
    return built


def source() -> None:
    """The source distribution. maturin asks `cargo package` what belongs to it."""
    with project.copied_sources() as copy:
        run("maturin", "sdist", "--manifest-path", copy / "Cargo.toml", "--out", DIST)


def build() -> list[Path]:
    platforms.fresh(DIST)
    described = metadata()
    there, _ = platforms.ready()
    wheels = [wheel(platform, described) for platform in there]
    source()
    return [*wheels, *DIST.glob("*.tar.gz")]


if __name__ == "__main__":
    for file in build():
        print(f"{file.stat().st_size:>10}  {file}")
