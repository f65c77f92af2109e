"""Benchmarks and conformance runs: ``maskwright bench jsonschemabench | maskbench | suite | speed | hard | micro``.

Reading order: `cases` and `datasets` (what is run), `engines` (what runs it), `worker` and `child` (one engine in a process of its own,
under limits), `loop` (with a model in it), `run` (the loop over all), `results_file` (JSON lines, resumed), `distribution`, `summary`,
`coverage` and `labels` (numbers), `report`, then one module per command.
"""
