"""The compose file, as a reader of the README runs it."""

import json
import os
import unittest
import uuid

from base_image import ROOT
from container import get, wait_for_log
from engine import docker, run


class Compose(unittest.TestCase):
    """Each test in a project of its own."""

    def setUp(self) -> None:
        self.project = f"momo{uuid.uuid4().hex[:8]}"
        self.addCleanup(self.compose, "down", "--volumes", "--timeout", "10")

    def compose(self, *words: str, check: bool = True) -> str:
        # A free port of this machine, so that nothing is in the way.
        environment = os.environ | {"MOMO_PORT": "0"}
        profile = ("--project-name", self.project, "--profile", "missed-callback")
        return run(
            "docker-compose", *profile, *words, check=check, cwd=ROOT, env=environment, timeout=180
        )

    def container(self, service: str) -> str:
        return self.compose("ps", "--all", "--quiet", service).strip()

    def ended(self, service: str) -> str:
        """What a service printed, once it has ended well."""
        container = self.container(service)
        code = docker("wait", container).strip()
        logs = docker("logs", container)
        self.assertEqual(code, "0", f"{service}:\n{logs}")
        return logs

    def test_a_merchant_is_paid_and_the_callback_crosses_the_network(self) -> None:
        self.compose("up", "--detach", "momo", "listener", "merchant")
        self.assertIn("order 1: SUCCESSFUL", self.ended("merchant"))
        listener = self.container("listener")
        wait_for_log(listener, "POST /momo")
        wait_for_log(listener, '"status": "SUCCESSFUL"')
        port = self.compose("port", "momo", "4673").strip().rsplit(":", 1)[-1]
        seen = json.loads(
            get(f"http://127.0.0.1:{port}/_sandbox/transactions", "local-control-token")
        )
        self.assertEqual([each["callback"] for each in seen["transactions"]], ["answered"])
        self.compose("stop", "--timeout", "10")
        for service in ("momo", "listener"):
            state = docker("inspect", "-f", "{{.State.ExitCode}}", self.container(service))
            self.assertEqual(state.strip(), "0", service)

    def test_the_missed_callback_is_a_profile(self) -> None:
        self.compose("up", "--detach", "sound-shop", "trusting-shop", "audit")
        self.assertEqual(self.ended("sound-shop").count(", paid"), 3)
        self.assertEqual(self.ended("trusting-shop").count(", open"), 3)
        self.assertIn("172.5 EUR, were taken from payers and never learnt", self.ended("audit"))
