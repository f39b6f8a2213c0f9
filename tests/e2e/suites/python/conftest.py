"""For plain `pytest`; run.py does the same after each round."""

from collections.abc import Iterator

import pytest

import web


@pytest.fixture(autouse=True)
def connections_end_with_their_test() -> Iterator[None]:
    yield
    web.close_all()
