"""Why the emulator refused a request: MTN's answers do not say, and no client shows the header."""

import json
import urllib.parse
import urllib.request


class Journal:
    def __init__(self, url: str) -> None:
        self._url = url

    def why(self, refusal: str) -> str:
        """The explanation of the last request that was refused for this."""
        query = urllib.parse.urlencode({"refusal": refusal, "tail": 1})
        with urllib.request.urlopen(f"{self._url}/_sandbox/journal?{query}", timeout=60) as answer:
            entries = json.load(answer)["entries"]
        return entries[-1]["request"]["why"] if entries else ""


def told_of(status: dict) -> dict:
    """What the callback says where the status says this: all but the message to the payer."""
    return {name: value for name, value in status.items() if name != "payerMessage"}
