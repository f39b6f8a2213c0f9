"""Tries the wheels from empty environments, where no network is. packaging/build-all runs it."""

import os
import re
import sys
import tarfile
import time
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
import checks  # noqa: E402
import platforms  # noqa: E402
from checks import Place, fail, require, say  # noqa: E402
from platforms import Platform, project  # noqa: E402

DIST = project.WORK / "pypi" / "dist"
TRIED = project.WORK / "pypi" / "tried"
TOOLS = project.WORK / "venv" / "bin"
NAME = project.names()["pypi_name"]

# Each installer finds the packages in a folder, where it would otherwise ask PyPI.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": str(DIST),
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_NO_INDEX": "1",
    "UV_FIND_LINKS": str(DIST),
    "UV_OFFLINE": "1",
    "UV_PYTHON": sys.executable,
}

# The tags that a program may claim, by what its header says.
PROMISED = {
    ("ELF", 62): r"(many|musl)?linux[0-9_]*_x86_64",
    ("ELF", 183): r"(many|musl)?linux[0-9_]*_aarch64",
    ("Mach-O", 0x01000007): r"macosx_\d+_\d+_x86_64",
    ("Mach-O", 0x0100000C): r"macosx_\d+_\d+_arm64",
    ("PE", 0x8664): r"win_amd64",
}


def wheel_of(platform: Platform) -> Path:
    tags = platforms.wheel_tags(platform)
    found = [each for each in DIST.glob("*.whl") if tags[0] in each.name]
    require(len(found) == 1, f"wheels with the tag {tags[0]}: {found}, expected one")
    return found[0]


def inspect(platform: Platform) -> None:
    """Looks into a wheel, that of another platform too."""
    wheel = wheel_of(platform)
    tags = platforms.wheel_tags(platform)
    with zipfile.ZipFile(wheel) as archive:
        members = {each.filename: each for each in archive.infolist()}
        info = f"{NAME}-{project.version()}"
        program = f"{info}.data/scripts/{platform.program.name}"
        expected = {
            *(f"momo_sandbox/{each}" for each in ("__init__.py", "__main__.py", "_program.py")),
            "momo_sandbox/py.typed",
            program,
            *(f"{info}.dist-info/licenses/LICENSE-{each}" for each in ("APACHE", "MIT")),
            f"{info}.dist-info/licenses/packaging/{platforms.NOTICES.name}",
            *(f"{info}.dist-info/{each}" for each in ("METADATA", "RECORD", "WHEEL")),
            f"{info}.dist-info/entry_points.txt",
        }
        require(set(members) == expected, f"{wheel.name} holds {sorted(members)}")
        content = archive.read(program)
        described = archive.read(f"{info}.dist-info/WHEEL").decode()
    require(content == platform.program.read_bytes(), f"{wheel.name} has another program")
    platforms.check_header(platform, content)
    mode = members[program].external_attr >> 16
    require(mode & 0o111 == 0o111, f"{program} in {wheel.name} has mode {mode:o}: not executable")
    stated = re.findall(r"^Tag: py3-none-(\S+)$", described, re.MULTILINE)
    require(sorted(stated) == sorted(tags), f"{wheel.name} states {stated}, expected {tags}")
    promised = PROMISED[platform.header]
    wrong = [tag for tag in stated if not re.fullmatch(promised, tag)]
    require(not wrong, f"{wheel.name} claims {wrong}, which its program cannot be: {promised}")
    say(f"{wheel.name} holds one program, for {platform.triple}, executable: {size(wheel)}")


def size(file: Path) -> str:
    return f"{file.stat().st_size:,} bytes"


def inspect_source() -> None:
    (source,) = DIST.glob("*.tar.gz")
    top = source.name.removesuffix(".tar.gz")
    with tarfile.open(source) as archive:
        names = set(archive.getnames())
    for name in ("pyproject.toml", "Cargo.lock", "LICENSE-MIT", "LICENSE-APACHE", "src/main.rs",
                 "packaging/pypi/README.md", "packaging/pypi/src/momo_sandbox/py.typed"):
        require(f"{top}/{name}" in names, f"{source.name} lacks {name}")
    say(f"{source.name} has what it is built from: {size(source)}")


def from_empty() -> Place:
    """The way of the page: an empty environment, the wheel, and the first callback."""
    place = Place(TRIED / "an empty environment", **OFFLINE)
    place.write_blocks(FOLDER / "README.md")
    begun = time.monotonic()
    place.run(sys.executable, "-m", "venv", ".venv")
    # As `activate` does.
    path = f"{place.folder / '.venv/bin'}{os.pathsep}{place.environment['PATH']}"
    place.environment["PATH"] = path
    place.run("python", "-m", "pip", "install", NAME)
    checks.first_callback(place, ["momosandbox", "exec", "--", "python", "first_callback.py"])
    checks.report("pypi", begun)
    return place


def commands(place: Place) -> None:
    bin_folder = place.folder / ".venv/bin"
    for command in ([bin_folder / "momosandbox"], [bin_folder / "momo-sandbox"],
                    [bin_folder / "python", "-m", "momo_sandbox"]):
        checks.check_command(place, command, checks.shown(command).replace(f"{bin_folder}/", ""))
    large = [each for each in bin_folder.iterdir() if each.stat().st_size > 100_000
             and not each.is_symlink()]
    require([each.name for each in large] == ["momosandbox"], f"programs: {large}, expected one")
    say("one copy of the program serves both names")
    say_path = "import momo_sandbox; print(momo_sandbox.find_program())"
    found = place.run("python", "-c", say_path).strip()
    require(Path(found) == (bin_folder / "momosandbox").resolve(), f"find_program() is {found}")
    (bin_folder / "momosandbox").rename(place.folder / "moved")
    for command in (["momo-sandbox", "--version"], ["python", "-m", "momo_sandbox"]):
        said = place.run(*command, code=1)
        require("--force-reinstall momosandbox" in said and found in said, f"no remedy in: {said}")
        require("Traceback" not in said, f"a missing program prints a traceback: {said}")
    say("find_program() finds it, and says what to do where it is missing")


def other_installers() -> None:
    uv = Place(TRIED / "uv", **OFFLINE)
    checks.check_version(uv, [TOOLS / "uvx", NAME], "uvx momosandbox")
    checks.check_version(uv, [TOOLS / "uvx", "--from", NAME, "momo-sandbox"],
                         "uvx --from momosandbox momo-sandbox")
    checks.check_exit_codes(uv, [TOOLS / "uvx", NAME], "uvx momosandbox")
    pipx = Place(TRIED / "pipx", **OFFLINE)
    checks.check_version(pipx, [TOOLS / "pipx", "run", NAME], "pipx run momosandbox")
    target = Place(TRIED / "target", **OFFLINE)
    target.run(sys.executable, "-m", "pip", "install", "--target", "there", NAME)
    target.environment["PYTHONPATH"] = str(target.folder / "there")
    checks.check_version(target, [sys.executable, "-m", "momo_sandbox"], "pip install --target")


def chosen_by_pip(there: list[Platform]) -> None:
    """pip must choose the wheel of a platform, among all, by what that platform accepts."""
    for platform in there:
        for tag in platforms.wheel_tags(platform):
            place = Place(TRIED / "chosen", **OFFLINE)
            place.run(sys.executable, "-m", "pip", "download", "--platform", tag,
                      "--only-binary", ":all:", "--dest", "got", NAME)
            got = [each.name for each in (place.folder / "got").iterdir()]
            require(got == [wheel_of(platform).name], f"for {tag} pip downloads {got}")
        say(f"for {platform.triple} pip downloads its wheel and nothing else")


def typed() -> None:
    place = Place(TRIED / "types")
    place.run(TOOLS / "python", "-m", "mypy", "--strict", "--python-version", "3.10",
              FOLDER / "src" / "momo_sandbox")
    place.run(TOOLS / "python", "-m", "mypy", "--strict", "--platform", "win32",
              FOLDER / "src" / "momo_sandbox")
    say("mypy --strict, for Linux and Windows")


def main() -> None:
    checks.nothing_but_loopback()
    there, _ = platforms.ready()
    for platform in there:
        inspect(platform)
    inspect_source()
    place = Place(TRIED / "twine")
    place.run(TOOLS / "twine", "check", "--strict", *sorted(DIST.iterdir()))
    say("twine check --strict")
    typed()
    chosen_by_pip(there)
    if platforms.this_one() not in there:
        fail(f"the program of this machine is missing: {platforms.this_one().program}")
    commands(from_empty())
    other_installers()


main()
