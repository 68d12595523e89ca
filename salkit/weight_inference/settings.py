"""Constants of each rival: as published, repaired where publication and rule disagree, and the best found.

The best were looked for on 50 × 50 neurons and 100 s, by the median angle over the target and start seeds 900, 901,
902, none of which is judged: first every constant alone (3 to 5 values), then grids over those that matter, then a
closer one:

    RDD             forward_scale 0.05 … 1.6, active 0.1 … 0.8, input_weight 3 … 6, lr 1e-4 … 1e-2, band 0.05 … 0.4,
                    window 15 … 45 ms, rate 100 … 400 Hz, reach 0.5 … 10
    STDWI           forward_scale 37 … 600, active 0.1 … 0.8, input_weight 7 … 20, lr 0.003 … 0.2, decay 0 … 0.3,
                    tau_fast 5 … 60 ms, tau_slow 50 … 500 ms, rate 100 … 400 Hz
    weight mirror   forward_scale 37 … 1200, active, input_weight and rate as STDWI, period 50 … 200 ms,
                    lr 1e-4 … 1e-2, decay 0 … 1, batch 10 … 100; of rates: noise 0.1 … 20, batch, centred or not

What matters is a stronger drive of y (more spikes) and, for RDD and STDWI, more of x driven at a time with a smaller
rate. From zero only lr · decay decides the angle of STDWI, and lr alone sets the size of B: it is chosen for a slope
near 1. At an end of their ranges stand the forward scale of RDD and of the mirror, RDD's lr and STDWI's tau_slow; the
last step towards it gained less than 1° each.
"""

from dataclasses import replace

from .protocol import Protocol
from .rdd import RDD
from .stdwi import STDWI
from .weight_mirror import WeightMirror

__all__ = ["SETTINGS"]

_SPIKES = WeightMirror(start="zero")
_RATES = WeightMirror(neurons="rate", start="zero", lr=0.01, decay=0.0, batch=128, centred=False)

SETTINGS: dict[str, Protocol] = {
    "RDD, published": RDD(counter_restarts=1.0),
    "RDD, repaired": RDD(),
    "RDD, best": RDD(active=0.4, forward_scale=1.6, lr=1e-4),
    "STDWI, published": STDWI(),
    "STDWI, from zero": STDWI(start="zero", lr=0.1),
    "STDWI, best": STDWI(
        start="zero", active=0.4, forward_scale=150.0, tau_fast=0.03, tau_slow=0.5, lr=0.0025, decay=0.4
    ),
    "weight mirror, spikes, published": _SPIKES,
    "weight mirror, spikes, best": replace(_SPIKES, forward_scale=1200.0),
    "weight mirror, rates, published": _RATES,
    "weight mirror, rates, best": replace(_RATES, lr=4.8, batch=100, centred=True),
}
