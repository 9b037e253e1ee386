"""The main job of the demonstration, run again: where its time goes.

Once in a new process, as a command or a nightly job has it, and once more in the same process, without the imports.
"""

from bench import main_job
from bench.demonstrated import Demonstrated
from bench.figures import Figure, say, seconds
from bench.workshop import Size


def measure(size: Size, demo: Demonstrated) -> list[Figure]:
    """Seconds of the first run, the second one by step, and what a living process saves."""
    figures = [Figure("first run", seconds([sum(demo.first_run.values())]))]
    fresh: list[main_job.Times] = []
    living: list[main_job.Times] = []
    for repeat in range(size.repeats):
        say(f"pipeline: second run, {repeat + 1} of {size.repeats}")
        first, second = main_job.in_a_process(demo.as_of, runs=2)
        fresh.append(first)
        living.append(second)
    for what, runs in (("run again", fresh), ("run again in a living process", living)):
        totals = [sum(times.values()) for times in runs]
        against_first = tuple(total / sum(demo.first_run.values()) for total in totals)
        figures.append(Figure(what, seconds(totals), "first run", against_first))
        for step in main_job.STEPS:
            shares = tuple(times[step] / total for times, total in zip(runs, totals, strict=True))
            figures.append(Figure(f"  {step}", seconds([times[step] for times in runs]), "the run", shares))
    return figures
