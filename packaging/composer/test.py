"""Tries the Composer packages from empty projects, where no network is. packaging/build-all runs it."""

import hashlib
import json
import os
import signal
import sys
import time
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True
FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER)]
import build  # noqa: E402
import checks  # noqa: E402
import platforms  # noqa: E402
from checks import Place, fail, require, say  # noqa: E402
from platforms import Platform, project  # noqa: E402

TRIED = project.WORK / "composer" / "tried"
MAIN = build.MAIN
LICENCES = {"LICENSE-MIT", "LICENSE-APACHE", "README.md", "composer.json"}
# A PHP without `pcntl`, as most on Windows and some elsewhere.
WITHOUT_PCNTL = ["php", "-d", "disable_functions=pcntl_exec"]


def archive_of(name: str) -> Path:
    file = build.DIST / f"{name.split('/')[1]}-{project.version()}.zip"
    require(file.is_file(), f"{file} is missing")
    return file


def contents(name: str) -> dict[str, tuple[int, bytes]]:
    """The mode and the bytes of each file in a package's archive."""
    with zipfile.ZipFile(archive_of(name)) as archive:
        return {
            each.filename: (each.external_attr >> 16, archive.read(each))
            for each in archive.infolist()
        }


def size(name: str) -> str:
    return f"{archive_of(name).stat().st_size:,} bytes"


def inspect(platform: Platform) -> None:
    """Looks into the package of a platform, which may be another one."""
    name = build.package_name(platform)
    files = contents(name)
    checks.check_contents(platform, name, files, LICENCES)
    manifest = json.loads(files["composer.json"][1])
    require(manifest["name"] == name, f"the manifest of {name} names {manifest['name']}")
    require(manifest["require"] == {MAIN: "self.version"}, f"{name} requires {manifest['require']}")
    say(f"{name} holds one program, for {platform.triple}, executable: {size(name)}")


def inspect_main() -> None:
    files = contents(MAIN)
    own = {"bin/momosandbox", "bin/momo-sandbox", "src/Launcher.php", "src/Program.php"}
    require(set(files) == LICENCES | own, f"{MAIN} holds {sorted(files)}")
    left = [name for name, (_, content) in files.items() if b"{{" in content]
    require(not left, f"templates of {MAIN} that are not filled in: {left}")
    say(f"{MAIN} holds the launcher: {size(MAIN)}")


def user(name: str, repository: dict) -> Place:
    """An empty folder of somebody whose Composer knows this repository only."""
    place = Place(TRIED / name, COMPOSER_ALLOW_SUPERUSER="1", COMPOSER_NO_INTERACTION="1")
    home = place.folder / "home" / "composer"
    home.mkdir()
    place.environment["COMPOSER_HOME"] = str(home)
    # What Composer looks up is there, or nowhere.
    repositories = {"tried": repository, "packagist": False}
    (home / "config.json").write_text(json.dumps({"repositories": repositories}))
    return place


def by_path(there: list[Platform]) -> dict:
    names = [MAIN, *map(build.package_name, there)]
    versions = {name: project.version() for name in names}
    options = {"symlink": False, "versions": versions}
    return {"type": "path", "url": f"{build.PACKAGES}/*", "options": options}


def as_from_packagist(there: list[Platform], folder: Path) -> dict:
    """A repository that serves archives, as Packagist does."""
    packages = {}
    for name in (MAIN, *map(build.package_name, there)):
        file = archive_of(name)
        checksum = hashlib.sha1(file.read_bytes()).hexdigest()
        manifest = json.loads(contents(name)["composer.json"][1])
        requirements = {
            key: project.version() if value == "self.version" else value
            for key, value in manifest["require"].items()
        }
        dist = {"type": "zip", "url": file.as_uri(), "shasum": checksum}
        described = {"version": project.version(), "require": requirements, "dist": dist}
        packages[name] = {project.version(): manifest | described}
    platforms.fresh(folder)
    (folder / "packages.json").write_text(json.dumps({"packages": packages}))
    return {"type": "composer", "url": folder.as_uri()}


def valid(there: list[Platform]) -> None:
    for name in (MAIN, *map(build.package_name, there)):
        place = user("validating", {"type": "path", "url": "/nowhere"})
        place.run("composer", "validate", "--strict", build.folder_of(name) / "composer.json")
        say(f"{name}: composer validate --strict")
    place = Place(TRIED / "syntax")
    for file in [*build.folder_of(MAIN).glob("src/*.php"), *build.folder_of(MAIN).glob("bin/*")]:
        place.run("php", "-l", file)


def installed(place: Place) -> list[str]:
    vendor = place.folder / "vendor" / MAIN.split("/")[0]
    return sorted(each.name for each in vendor.iterdir())


def from_empty(there: list[Platform]) -> Place:
    """The way of the page: an empty project, the package, and the first callback."""
    place = user("an empty project", by_path(there))
    place.write_blocks(build.folder_of(MAIN) / "README.md")
    mine = build.package_name(platforms.this_one())
    begun = time.monotonic()
    place.run("composer", "require", "--dev", mine)
    checks.first_callback(
        place, ["vendor/bin/momosandbox", "exec", "--", "php", "first_callback.php"]
    )
    checks.report("composer", begun)
    only = sorted(name.split("/")[1] for name in (MAIN, mine))
    require(installed(place) == only, f"Composer installed {installed(place)}, expected {only}")
    say(f"Composer installs {' and '.join(only)}, and nothing else")
    return place


def commands(place: Place) -> None:
    here = place.folder / "vendor/bin"
    for name in checks.NAMES:
        checks.check_command(place, [here / name], f"vendor/bin/{name}")
    without = [*WITHOUT_PCNTL, here / "momosandbox"]
    checks.check_version(place, without, "without pcntl vendor/bin/momosandbox")
    checks.check_exit_codes(place, without, "without pcntl vendor/bin/momosandbox")
    group = checks.started(place, without, "without pcntl")
    os.killpg(group.pid, signal.SIGINT)
    group.communicate(timeout=checks.PATIENCE)
    say("without pcntl Ctrl-C ends the program too")


def library(place: Place) -> None:
    show = "require 'vendor/autoload.php'; echo MomoSandbox\\Program::path();"
    found = Path(place.run("php", "-r", show))
    mine = build.package_name(platforms.this_one())
    expected = place.folder / "vendor" / mine / "bin/momosandbox"
    require(found.resolve() == expected.resolve(), f"Program::path() is {found}")
    expected.chmod(0o644)
    checks.check_version(place, ["vendor/bin/momosandbox"], "a program that lost its mode:")
    require(bool(expected.stat().st_mode & 0o100), "the program was not made executable")
    say("Program::path() finds the program, and makes it executable where unpacking forgot that")


def from_archives(there: list[Platform]) -> None:
    place = user("archives", as_from_packagist(there, TRIED / "packagist"))
    place.run("composer", "require", "--dev", build.package_name(platforms.this_one()))
    checks.check_version(place, ["vendor/bin/momosandbox"], "from archives vendor/bin/momosandbox")


def without_program(there: list[Platform]) -> None:
    place = user("without the program", by_path(there))
    place.run("composer", "require", "--dev", MAIN)
    line = f"composer require --dev {build.package_name(platforms.this_one())}"
    for name in checks.NAMES:
        said = place.run(place.folder / "vendor/bin" / name, "--version", code=1)
        require(line in said, f"without the program it does not say `{line}`:\n{said}")
        require("Stack trace" not in said, f"without the program it prints a trace:\n{said}")
    place.run(*line.split())
    checks.check_version(place, ["vendor/bin/momosandbox"], "what the message says, and then")


def main() -> None:
    checks.nothing_but_loopback()
    there, _ = platforms.ready()
    for platform in there:
        inspect(platform)
    inspect_main()
    valid(there)
    if platforms.this_one() not in there:
        fail(f"the program of this machine is missing: {platforms.this_one().program}")
    place = from_empty(there)
    commands(place)
    library(place)
    from_archives(there)
    without_program(there)


if __name__ == "__main__":
    main()
