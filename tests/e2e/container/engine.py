"""A container engine of the tests' own: its socket, its data and its end are ours."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

START_SECONDS = 60


class NoEngine(Exception):
    """Why there is no container engine."""


class Engine:
    """`dockerd`, started by hand in a folder of its own."""

    def __init__(self) -> None:
        for program in ("dockerd", "docker", "docker-compose", "debootstrap"):
            if shutil.which(program) is None:
                raise NoEngine(f"{program} is not there: run tests/e2e/container/install.sh")
        if os.geteuid() != 0:
            raise NoEngine("dockerd wants to be started by root")
        # A socket's path is short, so this folder is not below the checkout.
        self.folder = Path(tempfile.mkdtemp(prefix="momo-engine-"))
        self.log = self.folder / "dockerd.log"
        socket = f"unix://{self.folder / 'docker.sock'}"
        os.environ["DOCKER_HOST"] = socket
        # The engine's own builder takes local images for bases without asking a registry.
        os.environ["DOCKER_BUILDKIT"] = "0"
        os.environ["DOCKER_CONFIG"] = str(self.folder / "client")
        with self.log.open("wb") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "--host", socket, "--data-root", self.folder / "data",
                 "--exec-root", self.folder / "exec", "--pidfile", self.folder / "pid"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )
        self.wait()

    def wait(self) -> None:
        """Until the engine says that it listens."""
        follow = subprocess.Popen(
            ["tail", "-n", "+1", "-F", f"--pid={self.daemon.pid}", str(self.log)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        try:
            watch = subprocess.run(
                ["grep", "-q", "-m", "1", "API listen on"],
                stdin=follow.stdout, timeout=START_SECONDS,
            )
            came = watch.returncode == 0
        except subprocess.TimeoutExpired:
            came = False
        finally:
            follow.kill()
            follow.wait()
        if not came:
            last = self.log.read_text(errors="replace").splitlines()[-5:]
            self.stop()
            raise NoEngine("dockerd does not start here: " + " | ".join(last))

    def stop(self) -> None:
        """Ends it, and forgets all that it made."""
        self.daemon.terminate()
        try:
            self.daemon.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def docker(*words: object, check: bool = True, timeout: float = 120) -> str:
    """What `docker` printed, both streams; it must succeed unless told otherwise."""
    return run("docker", *words, check=check, timeout=timeout)


def run(*words: object, check: bool = True, timeout: float = 120, **options: object) -> str:
    command = [str(word) for word in words]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
        **options,
    )
    if check and ended.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}")
    return ended.stdout
