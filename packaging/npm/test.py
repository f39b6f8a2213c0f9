"""Tries the npm packages from empty projects, where no network is. packaging/build-all runs it."""

import json
import shutil
import sys
import tarfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER)]
import build  # noqa: E402
import checks  # noqa: E402
import platforms  # noqa: E402
import registry  # noqa: E402
from checks import Place, fail, require, say, shown  # noqa: E402
from platforms import Platform, project  # noqa: E402

TRIED = project.WORK / "npm" / "tried"
TOOLS = project.WORK / "node" / "node_modules" / ".bin"
MAIN = build.MAIN


def contents(name: str) -> dict[str, tuple[int, bytes]]:
    """The mode and the bytes of each file in a package's tarball."""
    with tarfile.open(build.tarball(name)) as archive:
        return {
            each.name.removeprefix("package/"): (each.mode, archive.extractfile(each).read())
            for each in archive.getmembers()
        }


LICENCES = {"LICENSE-MIT", "LICENSE-APACHE", "README.md", "package.json"}


def size(name: str) -> str:
    return f"{build.tarball(name).stat().st_size:,} bytes"


def inspect(platform: Platform) -> None:
    """Looks into the package of a platform, which may be another one."""
    name = build.package_name(platform)
    files = contents(name)
    checks.check_contents(platform, name, files, LICENCES)
    manifest = json.loads(files["package.json"][1])
    stated = (manifest["version"], manifest["os"], manifest["cpu"])
    expected = (project.version(), [platform.node[0]], [platform.node[1]])
    require(stated == expected, f"{name} states {stated}, expected {expected}")
    say(f"{name} holds one program, for {' '.join(platform.node)}, executable: {size(name)}")


def inspect_main(there: list[Platform]) -> None:
    files = contents(MAIN)
    own = {"bin/momosandbox.js", "bin/momo-sandbox.js", "index.d.ts", "index.js", "launch.js"}
    require(set(files) == LICENCES | own, f"{MAIN} holds {sorted(files)}")
    manifest = json.loads(files["package.json"][1])
    expected = {build.package_name(each): project.version() for each in there}
    found = manifest["optionalDependencies"]
    require(found == expected, f"{MAIN} names {found}, expected {expected}")
    require("dependencies" not in manifest, f"{MAIN} has dependencies")
    left = [name for name, (_, content) in files.items() if b"{{" in content]
    require(not left, f"templates of {MAIN} that are not filled in: {left}")
    say(f"{MAIN} holds the launcher, and needs no other package: {size(MAIN)}")


def user(name: str) -> Place:
    """An empty folder of somebody whose npm knows the registry on loopback only."""
    place = Place(TRIED / name)
    place.environment |= registry.npm_environment(place.folder / "home")
    return place


def publish(there: list[Platform]) -> None:
    place = user("publishing")
    for name in [*map(build.package_name, there), MAIN]:
        folder = build.folder_of(name)
        place.run(TOOLS / "publint", "--strict", folder)
        place.run("npm", "publish", "--dry-run", build.tarball(name))
        place.run("npm", "publish", build.tarball(name))
        say(f"{name}: publint --strict, npm publish --dry-run, npm publish to a registry here")


def installed(place: Place) -> list[str]:
    scope = place.folder / "node_modules" / MAIN.split("/")[0]
    return sorted(each.name for each in scope.iterdir())


def from_empty() -> Place:
    """The way of the page: an empty project, the package, and the first callback."""
    place = user("an empty project")
    place.write_blocks(build.folder_of(MAIN) / "README.md")
    begun = time.monotonic()
    place.run("npm", "init", "--yes")
    place.run("npm", "install", "--save-dev", MAIN)
    checks.first_callback(place, ["npx", "momosandbox", "exec", "--", "node", "first-callback.mjs"])
    checks.report("npm", begun)
    only = sorted(name.split("/")[1] for name in (MAIN, build.package_name(platforms.this_one())))
    require(installed(place) == only, f"npm installed {installed(place)}, expected {only}")
    say(f"npm installs {' and '.join(only)}, and nothing else")
    return place


def commands(place: Place) -> None:
    here = place.folder / "node_modules/.bin"
    for name in checks.NAMES:
        checks.check_command(place, [here / name], f"node_modules/.bin/{name}")
    checks.check_version(place, ["npx", "momosandbox"], "npx momosandbox")
    checks.check_exit_codes(place, ["npx", "momosandbox"], "npx momosandbox")
    scripts = {f"scripts.{name}": f"{name} --version" for name in checks.NAMES}
    place.run("npm", "pkg", "set", *(f"{key}={value}" for key, value in scripts.items()),
              "scripts.seven=momosandbox exec -- node -e 'process.exit(7)'")
    for name in checks.NAMES:
        said = place.run("npm", "run", "--silent", name)
        require(said.startswith(checks.NAMES), f"npm run with {name} printed {said}")
    place.run("npm", "run", "--silent", "seven", code=7)
    say("npm scripts run both names, and pass the exit code on")
    place.run(here / "momosandbox", "exec", "--", "sh", "-c", "kill -TERM $$", code=143)
    say("a command that a signal ended is told apart")


def library(place: Place) -> None:
    path = "const path = programPath(); console.log(path)"
    for kind, text in (("commonjs", f"const {{ programPath }} = require('{MAIN}'); {path}"),
                       ("module", f"import {{ programPath }} from '{MAIN}'; {path}")):
        found = place.run("node", f"--input-type={kind}", "-e", text).strip()
        expected = build.package_name(platforms.this_one()) + "/bin/momosandbox"
        require(found.endswith(expected), f"programPath() is {found}, expected …{expected}")
    (place.folder / "typed.mts").write_text(
        f"import {{ programPath }} from '{MAIN}';\nconst path: string = programPath();\npath;\n"
        "// @ts-expect-error It takes no argument.\nprogramPath(1);\n"
    )
    place.run(TOOLS / "tsc", "--noEmit", "--strict", "--module", "nodenext", "typed.mts")
    say("programPath() by require, import and TypeScript")


def without_program() -> None:
    place = user("without optional dependencies")
    place.run("npm", "init", "--yes")
    place.run("npm", "install", "--omit=optional", MAIN)
    require(installed(place) == ["momosandbox"], f"npm installed {installed(place)}")
    name = build.package_name(platforms.this_one())
    for command in checks.NAMES:
        said = place.run(place.folder / "node_modules/.bin" / command, "--version", code=1)
        for part in (f"{name} is not installed", "npm install --include=optional"):
            require(part in said, f"without {name} it does not say `{part}`:\n{said}")
        require("    at " not in said, f"without {name} it prints a stack trace:\n{said}")
    place.run("npm", "install", "--include=optional")
    checks.check_version(place, ["npx", "momosandbox"], "what the message says, and then npx momosandbox")
    other = "Object.defineProperty(process, 'arch', { value: 'riscv64' });"
    launcher = place.folder / "node_modules" / MAIN / "launch.js"
    said = place.run("node", "-e", f"{other} require('{launcher}').launch('momosandbox')", code=1)
    require("no program for linux-riscv64, only for" in said, f"on riscv64 it says:\n{said}")
    say("without the program it names the package and the remedy, on an unknown platform the known")


def other_managers() -> None:
    """pnpm links packages from elsewhere, and yarn has its own options."""
    name = build.package_name(platforms.this_one())
    for tool, without in (("pnpm", ["install", "--no-optional"]),
                          ("yarn", ["install", "--ignore-optional", "--force"])):
        place = user(tool)
        (place.folder / "package.json").write_text('{"private": true}')
        (place.folder / ".yarnrc").write_text(f'registry "{registry.URL}"\n')
        place.run(TOOLS / tool, "add", "-D", MAIN)
        checks.check_command(place, [place.folder / "node_modules/.bin/momosandbox"], tool)
        shutil.rmtree(place.folder / "node_modules")
        place.run(TOOLS / tool, *without)
        said = place.run(place.folder / "node_modules/.bin/momosandbox", "--version", code=1)
        require(f"{name} is not installed" in said, f"{tool} without {name}:\n{said}")
        say(f"{tool} {shown(without)}: the launcher says what is missing")


def chosen_by_npm(there: list[Platform]) -> None:
    """npm must choose the package of a platform, among all, by `os` and `cpu`."""
    for platform in there:
        place = user("chosen")
        place.run("npm", "init", "--yes")
        system, processor = platform.node
        place.run("npm", "install", f"--os={system}", f"--cpu={processor}", MAIN)
        name = build.package_name(platform)
        only = sorted(each.split("/")[1] for each in (MAIN, name))
        require(installed(place) == only, f"for {platform.node} npm installs {installed(place)}")
        program = place.folder / "node_modules" / name / "bin" / platform.program.name
        require(program.read_bytes() == platform.program.read_bytes(), f"{program} is another")
        say(f"for {system} {processor} npm installs {only[1]}, and no other program")


def downloads(there: list[Platform], asked: list[str]) -> None:
    """What the registry sent: the program of another platform only to `chosen_by_npm`, and to
    yarn 1, which downloads all that may be needed anywhere (docs/install.md says so)."""
    mine = platforms.this_one()
    for platform in there:
        times = asked.count(build.tarball_name(build.package_name(platform)))
        holds = times > 2 if platform == mine else times == 2
        require(holds, f"the registry sent {platform.triple} {times} times: {asked}")
    say(f"npm and pnpm download no other platform's program, yarn 1 all of them")


def at_once() -> None:
    place = user("a folder with spaces, and nothing in it")
    checks.check_version(place, ["npx", "--yes", MAIN], f"npx {MAIN}")


def main() -> None:
    checks.nothing_but_loopback()
    there, _ = platforms.ready()
    for platform in there:
        inspect(platform)
    inspect_main(there)
    if platforms.this_one() not in there:
        fail(f"the program of this machine is missing: {platforms.this_one().program}")
    server = registry.Registry(TRIED / "registry")
    try:
        publish(there)
        place = from_empty()
        commands(place)
        library(place)
        without_program()
        at_once()
        other_managers()
        chosen_by_npm(there)
    finally:
        asked = server.close()
    downloads(there, asked)


if __name__ == "__main__":
    main()
