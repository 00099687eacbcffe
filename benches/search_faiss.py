#!/usr/bin/env python3
"""Exact search beside FAISS: the same templates, one probe at a time, one thread, in one run.

Run from the project's folder: python3 benches/search_faiss.py
It makes a virtual environment under the target folder and installs FAISS there (pinned below).
Prints microseconds a search (median; rounds alternate) and their ratio, and fails unless the five
nearest rows are the same for every probe.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import venv

PINS = ["faiss-cpu==1.15.1", "numpy==2.4.6"]
ROUNDS = 3
DIMENSIONS = 512
TOP = 5

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FOLDER = TARGET / "bench-search"
PYTHON = FOLDER / "venv" / "bin" / "python"


def enter_environment():
    """Starts this script again with the Python that has FAISS."""
    if not PYTHON.exists():
        venv.create(FOLDER / "venv", with_pip=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PINS], check=True)
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    os.execve(PYTHON, [str(PYTHON), __file__, "--inside"], {**os.environ, **one_thread})


def canteend_us():
    command = ["cargo", "bench", "--quiet", "--bench", "search", "--", "--exchange", str(FOLDER)]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return float(dict(line.split() for line in answer.splitlines())["search_us"])


def main():
    import faiss
    import numpy

    faiss.omp_set_num_threads(1)
    ours, theirs, same = [], [], True
    for _ in range(ROUNDS):
        ours.append(canteend_us())
        rows = numpy.fromfile(FOLDER / "rows.f32", "<f4").reshape(-1, DIMENSIONS)
        probes = numpy.fromfile(FOLDER / "probes.f32", "<f4").reshape(-1, DIMENSIONS)
        nearest = numpy.fromfile(FOLDER / "nearest.u32", "<u4").reshape(-1, TOP)
        index = faiss.IndexFlatIP(DIMENSIONS)
        index.add(rows)
        took = []
        for probe, expected in zip(probes, nearest):
            began = time.perf_counter()
            _, found = index.search(probe[None, :], TOP)
            took.append((time.perf_counter() - began) * 1e6)
            same &= bool((found[0] == expected).all())
        theirs.append(statistics.median(took))
    ours_us, theirs_us = statistics.median(ours), statistics.median(theirs)
    print(json.dumps({
        "rows": len(rows),
        "probes": len(probes),
        "canteend_us": round(ours_us, 1),
        "faiss_us": round(theirs_us, 1),
        "ratio": round(ours_us / theirs_us, 3),
        "same_nearest_five": same,
        "faiss": faiss.__version__,
    }))
    return 0 if same else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--inside"]:
        sys.exit(main())
    enter_environment()
