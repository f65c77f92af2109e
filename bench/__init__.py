"""Benchmarks and conformance runs: ``python -m maskwright.bench maskbench | suite | speed | hard | micro``.

Reading order: `cases` (what is run), `engines` (what runs it), `worker` and `child` (one engine in a process of its own, under limits),
`run` (the loop), `results_file` (JSON lines, resumed), `distribution` and `summary` (numbers), `report`, then one module per command.
"""
