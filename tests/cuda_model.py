"""Cycles of a spike on a GPU, from the machine code: `python tests/cuda_model.py` (nvcc and nvdisasm on the PATH).

The CUDA sources are compiled for sm_90, for the network of Figs. 4 and 5, and disassembled. Every instruction says how
many cycles the warp waits after it (stall count), which barrier it sets when its result arrives, and which it waits
for. A walk through the loop over spikes, in order, along the branches that are not taken and around calls (divisions of
tiny or huge numbers), gives the cycles of one warp that has a scheduler to itself:

    t ← max(t + stall of the one before, the barriers waited for);   barrier ← t + latency of what sets it

Latencies of Hopper are those of Luo et al. (2024, arXiv:2402.13499): shared memory 29, L1 41 cycles; others, marked in
`LATENCY`, are assumed. How often warps go round follows from spike trains of the same networks, simulated on the CPU.
No device was asked: cycles are a model, and clocks, caches, conflicts of banks and the host are not in it.

A step of a microcircuit (cells.cuh), the same way: of a step in which nothing is learned, and of one with plasticity;
branches to what is rare, divisions and words too close to their potential, are not gone.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LATENCY = {
    "LDS": 29,
    "LDG": 41,
    "LD": 41,
    "LDC": 30,
    "MUFU": 23,
    "S2R": 25,
    "I2F": 14,
    "F2I": 14,
    "POPC": 14,
}  # from MUFU
OTHERS = 20  # what else sets a barrier
RELEASED = 8  # cycles until a store or load has read its operands
SPANS = {  # what is gone through, by 16 replicas: tau_ref of each, networks to average over
    "sleep": {"a cycle of 1000 tau_ref": (62.5, 20)},
    "validation": {"a validation of 10⁶ tau_ref": (62_500.0, 1)},
}
CLOCK = 1.755e9  # of an H100 in cycles a second
FOLDER = Path(__file__).parent.parent / "salkit" / "kernels" / "cuda"
SOURCE = """
#include "small.cuh"
// A training's sleep phase: what train_continuous runs for each replica, its arrays in shared memory.
KERNEL sleep(i64 replicas, double tau_ref, double duration, u64 seed, u64 run, double* ages, u64* draws,
             double* rests) {
    double *place = SHARED(), *table = take(&place, (N + 1) << N), *pairs = take(&place, replicas * N * N);
    i64* counts = (i64*)take(&place, replicas * N);
    LANES(l) {
        const u32 warp = WITH(l < replicas);
        const Replica r = {ages + l * N, 0, pairs + l * N * N, 0, counts + l * N, 0, 0};
        const Stream s = {seed, run, (u64)l};
        if (l < replicas)
            run_small<N, true, false>(warp, table, tau_ref, duration, s, draws + l, rests + l, r, uncut());
    }
}
// A validation: sample_continuous with the time in every state.
KERNEL validation(i64 trains, const double* table, double tau_ref, double duration, u64 seed, u64 run, double* ages,
                  u64* draws, double* rests, i64* counts, double* occupancy, double until, double* carry) {
    LANES(l) {
        const i64 train = (i64)blockIdx.x * blockDim.x + l;
        const u32 warp = WITH(train < trains);
        const Replica r = {ages + train * N, occupancy + (train << N), 0, 0, counts + train * N, 0, 0};
        const Stream s = {seed, run, (u64)train};
        const Cut cut = {until, 0, carry + train * (CARRIED + N)};
        if (train < trains)
            run_small<N, false, true>(warp, table, tau_ref, duration, s, draws + train, rests + train, r, cut);
    }
}
"""


@dataclass(frozen=True)
class Instruction:
    """One line of a disassembly, and the control bits of its 128: barriers are 0 … 5, 7 for none."""

    address: int
    text: str
    stall: int
    written: int
    read: int
    waits: int

    @property
    def operation(self) -> str:
        """The name, without what qualifies it."""
        return re.sub(r"^@\S+\s+", "", self.text).split()[0].split(".")[0]

    def jump(self, labels: dict[str, int]) -> int | None:
        """Where a branch leads, if this is one."""
        found = re.search(r"`\((\S+)\)", self.text)
        return labels.get(found[1]) if found and self.operation == "BRA" else None


def parse(listing: str) -> dict[str, tuple[list[Instruction], dict[str, int]]]:
    """Functions of a `nvdisasm -c -hex` listing: instructions, and addresses of labels."""
    functions: dict[str, tuple[list[Instruction], dict[str, int]]] = {}
    rows: list[Instruction] = []
    labels: dict[str, int] = {}
    pending: list[str] = []
    words: tuple[int, str] | None = None
    for line in listing.splitlines():
        if named := re.match(r"\s*\.section\s+\.text\.(\w+)", line):
            rows, labels = functions.setdefault(named[1], ([], {}))
        elif named := re.match(r"(\.L_x_\d+):", line):
            pending.append(named[1])
        elif found := re.match(r"\s*/\*([0-9a-f]+)\*/\s+(.*?);\s*/\* 0x[0-9a-f]{16} \*/", line):
            words = int(found[1], 16), found[2].strip()
            labels.update(dict.fromkeys(pending, words[0]))
            pending = []
        elif words and (found := re.match(r"\s*/\* 0x([0-9a-f]{16}) \*/", line)):
            bits = int(found[1], 16) >> 41
            rows.append(Instruction(*words, bits & 15, bits >> 5 & 7, bits >> 8 & 7, bits >> 11 & 63))
            words = None
    return functions


def walk(path: list[Instruction]) -> int:
    """Cycles from the first instruction of a path until the one after its last can be issued, were it to need all."""
    t, stall, ready = 0, 0, [0] * 6
    for one in path:
        t += stall
        t = max([t, *(ready[barrier] for barrier in range(6) if one.waits >> barrier & 1)])
        if one.written < 6:
            ready[one.written] = t + LATENCY.get(one.operation, OTHERS)
        if one.read < 6:
            ready[one.read] = max(ready[one.read], t + RELEASED)
        stall = max(one.stall, 1)
    return t + stall


def loop(rows: list[Instruction], labels: dict[str, int]) -> list[Instruction]:
    """A round of the loop that ends with a vote: from the label that it goes back to, every lane with all it may do."""
    for one in rows:
        to = one.jump(labels)
        if to is not None and to < one.address:
            path = along(rows, labels, to, one.address)
            if any(inside.operation == "VOTE" for inside in path):
                return path
    raise ValueError("no loop that ends with a vote")


def along(rows: list[Instruction], labels: dict[str, int], first: int | None, last: int) -> list[Instruction]:
    """From one address to another, taking only the branches that lead around a call."""
    path, skip = [], first or 0
    for number, one in enumerate(rows):
        if not skip <= one.address <= last:
            continue
        path.append(one)
        to = one.jump(labels)
        ahead = rows[number + 1 :]
        if to is not None and one.address < to and any(x.operation == "CALL" for x in ahead if x.address < to and
                                                       x.address - one.address < 256):  # fmt: skip
            skip = to
    return path


def step(rows: list[Instruction], labels: dict[str, int], first: int, last: int, learning: bool) -> list[Instruction]:
    """A round of the loop over steps, along what is not rare; the forward plasticity of it only if `learning`."""
    path, skip = [], first
    for number, one in enumerate(rows):
        if not skip <= one.address <= last:
            continue
        path.append(one)
        to = one.jump(labels)
        if to is None or not one.address < to <= last:
            continue
        between = [other for other in rows[number + 1 :] if other.address < to]
        divides = any("MUFU.RCP64H" in other.text for other in between)
        learns = any("MUFU.RCP R" in other.text for other in between)
        loops = any((other.jump(labels) or to) <= other.address for other in between)
        if not one.text.startswith("@") or loops or (divides and not learns) or (learns and not learning):
            skip = to
    return path


def steps(rows: list[Instruction], labels: dict[str, int]) -> list[tuple[int, int]]:
    """Addresses of the innermost loops with two votes, which fire and which could have: one for each way to learn."""
    found = []
    for one in rows:
        to = one.jump(labels)
        if to is not None and to < one.address:
            votes = sum(other.operation == "VOTE" and to <= other.address <= one.address for other in rows)
            found += [(to, one.address)] * (votes == 2)
    return [a for a in found if not any(b[0] >= a[0] and b[1] <= a[1] and b != a for b in found)]


def rounds(replicas: int, span: float, offs: int, networks: int) -> tuple[float, float]:
    """(spikes, rounds) of the slowest replica in a span of tau_ref, with `offs` switch-offs a round: networks' mean."""
    import salkit as sk

    tau_ref, spikes, passes = 50.0, [], []
    for seed in range(networks):
        weights, biases = sk.boltzmann.random_machine(7, seed)
        found = sk.simulate(sk.SamplingNetwork(weights, biases, tau_ref), span * tau_ref, seed, replicas, threads=1)
        number = []
        for times in np.split(found.times, found.offsets[1:-1]):
            before = np.searchsorted(
                times + tau_ref, np.append(times, span * tau_ref)
            )  # switch-offs before each, the end
            between = np.diff(before, prepend=0)
            between[-1] += 1
            number.append(np.maximum(1, -(-between // offs)).sum())
        spikes.append(np.diff(found.offsets).max())
        passes.append(max(number))
    return float(np.mean(spikes)), float(np.mean(passes))


def compiled(neurons: int, architecture: str = "90") -> tuple[str, str]:
    """(what ptxas says of registers and stack, the listing) of SOURCE."""
    return built(re.sub(r"\bN\b", str(neurons), SOURCE), (), architecture)


def circuit(layers: tuple[int, ...], architecture: str = "90") -> tuple[str, str]:
    """The same of a microcircuit's kernel with the paper's window and refractory period."""
    cells, below, above = sum(layers) + sum(layers[2:]), max(layers[:-1]), max(layers[2:])
    known = ("WINDOW=2000", "TAU_REF=10", f"CELLS={cells}", f"BELOW={below}", f"ABOVE={above}", "APART=0")
    return built('#include "cells.cu"\n', known, architecture)


def built(text: str, constants: tuple[str, ...], architecture: str) -> tuple[str, str]:
    """What ptxas says, and the listing, of a source."""
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder) / "model.cu", Path(folder) / "model.cubin"
        source.write_text(text, encoding="utf-8")
        from salkit.kernels import cuda

        command = ["nvcc", *cuda.OPTIONS, f"-arch=sm_{architecture}", f"-I{FOLDER}", "-Xptxas", "-v", "-cubin"]
        command += [f"-D{constant}" for constant in constants]
        said = subprocess.run([*command, "-o", binary, source], check=True, capture_output=True, text=True).stderr
        tool = shutil.which("nvdisasm")
        if tool is None:
            return said, ""
        listing = subprocess.run([tool, "-c", "-hex", binary], check=True, capture_output=True, text=True).stdout
        return said, listing


def main() -> None:
    """Print the model of Figs. 4, 5 and 6."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--neurons", type=int, default=7)
    options.add_argument("--listing", type=Path, help="write the disassembly there")
    given = options.parse_args()
    said, listing = compiled(given.neurons)
    for kernel, stack, registers in re.findall(
        r"Function properties for (\w+)\n\s+(\d+) bytes stack.*?Used (\d+) registers", said, flags=re.DOTALL
    ):
        print(f"{kernel}: {registers} registers, {stack} bytes of stack")
    if not listing:
        sys.exit("no nvdisasm on the PATH (the package nvidia-cuda-nvdisasm has one): no cycles")
    if given.listing:
        given.listing.write_text(listing)
    offs = int(re.findall(r"#define OFFS (\d+)", (FOLDER / "small.cuh").read_text(encoding="utf-8"))[0])
    for kernel, (rows, labels) in parse(listing).items():
        path = loop(rows, labels)
        cycles = walk(path)
        print(f"{kernel}: {cycles} cycles a round of {len(path)} instructions")
        for name, (span, networks) in SPANS[kernel].items():
            spikes, number = rounds(16, span, offs, networks)
            each, time = cycles * number / spikes, 1e3 * cycles * number / CLOCK
            print(f"    {name}: {number:.0f} rounds for {spikes:.0f} spikes, {each:.0f} cycles a spike, {time:.3f} ms")
    for layers in ((1, 1, 1), (2, 5, 2), (2, 4, 4, 2)):
        rows, labels = parse(circuit(layers)[1])["run_cells"]
        for kind, (first, last) in zip(("validation", "learning"), steps(rows, labels), strict=False):
            plain, learned = (walk(step(rows, labels, first, last, learning)) for learning in (False, True))
            more = f", {learned} where it learns" if learned > plain else ""
            print(f"microcircuit {'-'.join(map(str, layers))}, {kind}: {plain} cycles a step{more}")


if __name__ == "__main__":
    main()
