"""Figures that anyone can make again: `python benchmarks/main_job.py --json`.

main_job     the command: quality, speed, one JSON object
clips        GRID clips with tracked truth, words and sound; baselines, scores: all from xtalker.evaluate
quality      all rows on all clips
speed        seconds, frames a second, megabytes
measured_run a command in a fresh process, its wall time and peak memory
machine      hardware and versions
"""
