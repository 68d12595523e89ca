"""Other simulators beside ours: Brian2 and NEST in processes of their own, a plain loop, and runs in turns."""

from .plain import Plain
from .process import BYTES_A_SYNAPSE, Missing, Rival, find_python
from .turn import Turn
from .turns import Measured, Ours, Runner, core, memory, peak, take_turns

__all__ = [
    "BYTES_A_SYNAPSE",
    "Measured",
    "Missing",
    "Ours",
    "Plain",
    "Rival",
    "Runner",
    "Turn",
    "core",
    "find_python",
    "memory",
    "peak",
    "take_turns",
]
