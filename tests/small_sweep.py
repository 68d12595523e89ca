"""A sweep of a second or two: 12 runs in two settings. As a script: small_sweep.py FOLDER WORKERS BATCH."""

import sys
from pathlib import Path

from salkit.sweep.ensemble import Experiment, Setting, sweep
from salkit.wakesleep import WakeSleep


def experiment(name="small", cycles=1500):
    size = dict(neurons=6, cycles=cycles, validate_every=500, validation_length=1000, cycle_length=200)
    seeds = tuple((seed // 3, seed) for seed in range(6))
    settings = tuple(
        Setting({"rule": rule, "sigma": 0.5}, WakeSleep(rule=rule, weight_noise=0.5, **size), seeds)
        for rule in ("sal", "hebbian")
    )
    return Experiment(name, "a small sweep", "wakesleep", settings)


if __name__ == "__main__":
    sweep(experiment(), Path(sys.argv[1]), workers=int(sys.argv[2]), batch=int(sys.argv[3]))
