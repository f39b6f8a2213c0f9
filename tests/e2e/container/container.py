"""One container, and what tests ask of it."""

import json
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from engine import docker

IMAGE = "momo-sandbox"
HARDENED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
PATIENCE_SECONDS = 60


class Container:
    """A running container; it is removed at the end of a `with`."""

    def __init__(self, *options: object, image: str = IMAGE, command: tuple = ()) -> None:
        words = ("run", "--detach", *HARDENED, *options, image, *command)
        self.id = docker(*words).split()[-1]

    def __enter__(self) -> "Container":
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "--force", "--volumes", self.id)

    def state(self) -> dict:
        return json.loads(docker("inspect", "-f", "{{json .State}}", self.id))

    def wait_until_healthy(self) -> None:
        """By the engine's events, those that went before included."""
        events = subprocess.Popen(
            ["docker", "events", "--since", "0", "--filter", f"container={self.id}",
             "--filter", "event=health_status", "--filter", "event=die",
             "--format", "{{.Status}}"],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            watch = subprocess.run(
                ["grep", "-m", "1", "healthy\\|die"], stdin=events.stdout,
                stdout=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS,
            )
        finally:
            events.kill()
            events.wait()
        if watch.stdout.strip() != "health_status: healthy":
            raise AssertionError(f"{watch.stdout.strip()}: {self.logs()}")

    def logs(self) -> str:
        return docker("logs", self.id)

    def wait_for_log(self, text: str) -> None:
        """Until it has printed this."""
        wait_for_log(self.id, text)

    def end(self) -> int:
        """Its exit code, once it has ended by itself."""
        return int(docker("wait", self.id, timeout=PATIENCE_SECONDS))

    def stop(self) -> int:
        """SIGTERM; killed after 10 seconds. Its exit code."""
        docker("stop", "--time", "10", self.id)
        return self.state()["ExitCode"]

    def url(self, port: int = 4673) -> str:
        """Where a published port is on this machine."""
        return "http://" + docker("port", self.id, f"{port}/tcp").split()[0]


def wait_for_log(container_id: str, text: str) -> None:
    follow = subprocess.Popen(
        ["docker", "logs", "--follow", container_id],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    try:
        found = subprocess.run(
            ["grep", "-q", "-m", "1", "--", text], stdin=follow.stdout, timeout=PATIENCE_SECONDS
        )
    finally:
        follow.kill()
        follow.wait()
    if found.returncode != 0:
        raise AssertionError(f"no `{text}` in:\n{docker('logs', container_id)}")


def get(url: str, token: str = "") -> bytes:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def folder_with(files: dict[str, str]) -> Path:
    """A folder that another user can read, with these files."""
    folder = Path(tempfile.mkdtemp(prefix="momo-files-"))
    folder.chmod(0o755)
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    return folder
