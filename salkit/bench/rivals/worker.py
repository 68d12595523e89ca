"""One network in Brian2 or NEST, timed on request: a program of its own that needs numpy and the simulator only.

It runs under the Python that has the simulators (`python worker.py`) and speaks JSON, one line each way. First line in:
the job (simulator, files of weights (N, N) and biases (N,), tau_ref, steps of burn-in and of a run, seed, core to stay
on). It builds the network, runs the burn-in and answers with the simulator's label, with the seconds that this took and
with the bytes of memory that came on top of the imported simulator (of Brian2's C++ program: all it has, in a run
more). Then every line in is a request for one more run, answered with its seconds and the spikes of each neuron. What
else goes to stdout is sent to stderr.

The model, a step being 1 ms: u_i = b_i + Σ_j W_ij z_j, each spike of j adds W_ij from the next step on and takes it
away tau_ref later, shortest interval tau_ref.

    Brian2   spikes with probability σ(u − ln tau_ref) in each step: the law of salkit's discrete time. `refractory` =
             tau_ref makes tau_ref the shortest interval. Two pathways of one synapse, with delays 0 and tau_ref: they
             act after the threshold of their step, so thresholds of the tau_ref steps after a spike see it.
    NEST     pp_psc_delta spikes with probability 1 − exp(−rate · 1 ms), rate = c_1 V + c_2 exp(c_3 V): with c_1 = 0,
             c_2 = 1/tau_ref, c_3 = 1/mV the hazard of salkit's continuous time, taken step by step. V is u: it starts
             at b, tau_m is so long that exp(−1 ms/tau_m) is 1, and a spike does not reset it. dead_time tau_ref − 1
             steps makes tau_ref the shortest interval. Two connections a synapse, of weight W after 1 step (the
             shortest there is) and −W after 1 + tau_ref.

Timed is the simulation alone, in CPU time, since that is what Brian2's C++ program measures of its run. Brian2 at run
time: the loop over steps, between its first and its last report. NEST: the call of Run, after Prepare. All record what
the counts of spikes need: the monitor of Brian2 counts, the recorder of NEST keeps the spikes.
"""

import importlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Run = Callable[[], tuple[float, list[int]]]


def _synapses(job: dict[str, Any], neurons: int) -> tuple[Any, Any, Any]:
    """Presynaptic and postsynaptic neurons, and weights: of all pairs, or of the synapses of a sparse matrix."""
    weights = np.load(job["weights"])
    if "pre" in job:
        return np.load(job["pre"]), np.load(job["post"]), weights
    pre, post = np.nonzero(~np.eye(neurons, dtype=bool))
    return pre, post, weights[post, pre]


def _brian2(job: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The network, its monitor of spike counts (not yet in it) and what decides about spikes."""
    import brian2 as b2

    biases, tau_ref = np.load(job["biases"]), job["tau_ref"]
    b2.defaultclock.dt = 1 * b2.ms
    neurons = b2.NeuronGroup(
        len(biases),
        "u : 1",
        threshold="rand()*(1 + exp(log_tau_ref - u)) < 1",
        refractory=tau_ref * b2.ms,
        namespace={"log_tau_ref": float(np.log(tau_ref))},
    )
    synapses = b2.Synapses(
        neurons,
        neurons,
        "w : 1",
        on_pre={"on": "u_post += w", "off": "u_post -= w"},
        delay={"on": 0 * b2.ms, "off": tau_ref * b2.ms},
    )
    pre, post, weights = _synapses(job, len(biases))
    synapses.connect(i=pre, j=post)
    synapses.w = weights
    neurons.u = biases
    return b2.Network(neurons, synapses), b2.SpikeMonitor(neurons, record=False), neurons


def brian2_runtime(job: dict[str, Any]) -> tuple[str, Run]:
    """Brian2's loop in Python around code objects in Cython, or in NumPy where there is no compiler."""
    import brian2 as b2

    b2.seed(job["seed"])
    network, monitor, neurons = _brian2(job)
    network.run(job["burn_in"] * b2.ms)
    network.add(monitor)
    target = neurons.thresholder["spike"].codeobj.class_name

    def run() -> tuple[float, list[int]]:
        before, clock = np.array(monitor.count), []
        network.run(
            job["steps"] * b2.ms,
            report=lambda *_: clock.append(time.process_time()),
            report_period=1e9 * b2.second,  # only when it starts and when it is done
        )
        return clock[-1] - clock[0], (np.array(monitor.count) - before).tolist()

    run()  # compiles the monitor
    return f"Brian2 {b2.__version__}, run time ({target})", run


def brian2_standalone(job: dict[str, Any]) -> tuple[str, Run]:
    """Brian2's C++ program, compiled once; each run starts it anew, from silence through the burn-in, with a seed that
    it draws itself.

    Raises RuntimeError where there is no C++ compiler.
    """
    import brian2 as b2

    compiler = os.environ.get("CXX", "g++").split()[0]
    for tool in (compiler, "make"):
        if shutil.which(tool) is None:
            raise RuntimeError(f"Brian2's standalone mode needs a C++ compiler and make: no {tool} found")
    folder = tempfile.TemporaryDirectory(prefix="salkit-brian2-")
    b2.set_device("cpp_standalone", build_on_run=False)
    network, monitor, _ = _brian2(job)
    network.run(job["burn_in"] * b2.ms)
    network.add(monitor)
    network.run(job["steps"] * b2.ms)
    b2.device.build(folder.name, compile=True, run=False, with_output=False)

    def run() -> tuple[float, list[int]]:
        b2.device.run(folder.name, with_output=False)
        return float(b2.device._last_run_time), np.array(monitor.count).tolist()  # of the last of the two runs

    return f"Brian2 {b2.__version__}, C++ standalone", run


def nest_delta(job: dict[str, Any]) -> tuple[str, Run]:
    """NEST's pp_psc_delta on one thread."""
    import nest

    nest.verbosity = nest.VerbosityLevel.ERROR
    weights, biases, tau_ref = np.load(job["weights"]), np.load(job["biases"]), job["tau_ref"]
    nest.ResetKernel()
    nest.resolution = 1.0  # ms
    nest.local_num_threads = 1
    nest.rng_seed = job["seed"]
    neurons = nest.Create(
        "pp_psc_delta",
        len(biases),
        params={
            "tau_m": 1e30,
            "with_reset": False,
            "dead_time": tau_ref - 1.0,
            "c_1": 0.0,
            "c_2": 1000.0 / tau_ref,  # Hz
            "c_3": 1.0,
        },
    )
    neurons.V_m = biases.tolist()
    ends: tuple[Any, ...] = (neurons, neurons, {"rule": "all_to_all", "allow_autapses": False})
    delay = np.array(1.0)
    if "pre" in job:  # arrays of numbers, which count from 1
        ends = (*(np.load(job[name]).astype(np.int64) + 1 for name in ("pre", "post")), "one_to_one")
        delay = np.ones(len(weights))
    for sign, later in ((1.0, 0.0), (-1.0, tau_ref)):
        delays = delay + later if delay.ndim else float(delay + later)
        nest.Connect(*ends, {"synapse_model": "static_synapse", "weight": sign * weights, "delay": delays})
    del weights, ends
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Prepare()
    nest.Run(float(job["burn_in"]))

    def counts() -> Any:
        senders = np.asarray(recorder.events["senders"], dtype=np.int64)
        return np.bincount(senders, minlength=len(biases) + 1)[1:]  # neurons are numbered from 1

    def run() -> tuple[float, list[int]]:
        before = counts()
        start = time.process_time()
        nest.Run(float(job["steps"]))
        seconds = time.process_time() - start
        return seconds, (counts() - before).tolist()

    return f"NEST {nest.__version__}, pp_psc_delta", run


SIMULATORS = {"brian2-standalone": brian2_standalone, "brian2-runtime": brian2_runtime, "nest": nest_delta}


def status(process: str, name: str) -> float | None:
    """Bytes of a process under this name: VmRSS held, VmHWM at the peak; None if the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(errors="replace").splitlines()
    except OSError:
        return None
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith(name)), None)


def peak_of_children(run: Run) -> float | None:
    """Run once, and meanwhile ask for the peak of the processes that it starts."""
    peaks: list[float | None] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            for children in Path("/proc/self/task").glob("*/children"):
                peaks.extend(status(child, "VmHWM") for child in children.read_text().split())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run()
    finally:
        over.set()
        watcher.join()
    return max((peak for peak in peaks if peak is not None), default=None)


def main() -> None:
    """Build what the first line asks for, then run once for every further line, until there are no more."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)

        def answer(**words: Any) -> None:
            answers.write(json.dumps(words) + "\n")
            answers.flush()

        try:
            job = json.loads(sys.stdin.readline())
            build = SIMULATORS[job["simulator"]]
            importlib.import_module("nest" if job["simulator"] == "nest" else "brian2")
            before, start = status("self", "VmRSS"), time.perf_counter()
            label, run = build(job)
            set_up, after = time.perf_counter() - start, status("self", "VmHWM")
            memory = None if before is None or after is None else after - before
            if job["simulator"] == "brian2-standalone":
                memory = peak_of_children(run)
            if job["core"] is not None:
                os.sched_setaffinity(0, {job["core"]})
            answer(label=label, set_up=set_up, memory=memory)
            for _ in sys.stdin:
                seconds, counts = run()
                answer(seconds=seconds, counts=counts)
        except Exception as error:  # said to the one who asked, who goes on without this simulator
            answer(error=f"{type(error).__name__}: {error}".splitlines()[0])


if __name__ == "__main__":
    main()
