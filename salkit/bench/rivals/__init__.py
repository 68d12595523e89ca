"""Other simulators beside ours: Brian2 and NEST in processes of their own, and runs in turns."""

from .process import BYTES_A_SYNAPSE, Missing, Rival, find_python
from .turns import Measured, Ours, Runner, core, memory, take_turns

__all__ = [
    "BYTES_A_SYNAPSE",
    "Measured",
    "Missing",
    "Ours",
    "Rival",
    "Runner",
    "core",
    "find_python",
    "memory",
    "take_turns",
]
