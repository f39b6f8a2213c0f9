"""Prints what the jobs of a release need to know, as lines for GITHUB_OUTPUT: `NAME=value`."""

import datetime

import project


def main() -> None:
    own, version = project.names(), project.version()
    created = datetime.datetime.fromtimestamp(project.commit_time(), datetime.UTC)
    print(f"version={version}")
    # A version such as 1.2.0-rc.1 becomes no one's default.
    print(f"prerelease={'true' if '-' in version else 'false'}")
    print(f"created={created:%Y-%m-%dT%H:%M:%SZ}")
    print(f"registry={own['image_registry']}")
    print(f"image={own['image_registry']}/{own['image_name']}")
    owner = f"https://github.com/{own['github_owner']}"
    print(f"repositories={owner}")
    for name in ("homebrew", "scoop"):
        print(f"{name}={owner}/{own[name + '_repository']}.git")


main()
