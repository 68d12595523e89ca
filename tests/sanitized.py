"""A little of everything on the GPU, to be run under compute-sanitizer."""

import numpy as np

import salkit as sk
from salkit import microcircuit, wakesleep
from salkit.microcircuit import Microcircuit
from salkit.wakesleep import WakeSleep


def main() -> None:
    for n in (5, 20):
        for timing in ("continuous", "discrete"):
            network = sk.SamplingNetwork(np.full((2, n, n), 0.1) * (1 - np.eye(n)), np.zeros(n), 10, timing)
            for kept in (sk.sampling.STATISTICS, ("overlaps",)):
                sk.simulate(network, 50, seed=1, replicas=3, device="cuda", statistics=kept)
    varied = sk.SamplingNetwork(np.zeros((2, 4, 4)), np.zeros(4), 10, refractory=[8, 9, 10, 11])
    sk.simulate(varied, 50, seed=1, device="cuda")
    small = dict(neurons=5, tau_ref=10, cycles=3, cycle_length=64, replicas=4, validate_every=3, validation_length=64)
    for changes in ({}, {"timing": "discrete"}, {"refractory_cv": 0.2}, {"wake": "sampled", "patterns": 4}):
        wakesleep.train(WakeSleep(**small, **changes), [1, 2], device="cuda", progress=False)
    circuit = dict(epochs=1, patterns=2, symmetrise=1, pattern_length=20, settle=5, window=8, target_length=20)
    for feedback in microcircuit.FEEDBACK:
        p = Microcircuit(layers=(2, 5, 3, 2), feedback=feedback, train_inputs=2, validation_inputs=2, **circuit)
        microcircuit.train(p, [1, 2], device="cuda", progress=False)
    for layers in ((2, 5, 3, 2), (3, 40, 2)):  # of at most 32 cells, and more
        for more in ({}, {"interneurons": "learned", "rehearsal": 1, "quiet": 1}):
            if layers[1] < 40 or not more:
                p = Microcircuit(layers=layers, train_inputs=2, validation_inputs=2, **circuit, **more)
                microcircuit.train(p, [1, 2], device="cuda", progress=False)


if __name__ == "__main__":
    main()
