"""The program `momosandbox`, a local emulator of the MTN MoMo Open API, from Python."""

from ._program import find_program

__all__ = ["find_program"]
