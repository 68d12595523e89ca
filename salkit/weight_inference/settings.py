"""Constants of each rival: as published, repaired where publication and rule disagree, and the best found."""

from dataclasses import replace

from .protocol import Protocol
from .rdd import RDD
from .stdwi import STDWI
from .weight_mirror import WeightMirror

__all__ = ["SETTINGS"]

_STDWI, _MIRROR = STDWI(), WeightMirror()

SETTINGS: dict[str, Protocol] = {
    "RDD, published": RDD(counter_restarts=1.0),
    "RDD, repaired": RDD(),
    "STDWI, published": _STDWI,
    "STDWI, from zero": replace(_STDWI, start="zero", lr=0.1),
    "weight mirror, rates, published": replace(
        _MIRROR, neurons="rate", start="zero", lr=0.01, decay=0.0, batch=128, centred=False
    ),
    "weight mirror, spikes, published": replace(_MIRROR, start="zero"),
}
