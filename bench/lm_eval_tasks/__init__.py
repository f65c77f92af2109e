"""What lm-evaluation-harness reads: ``base.yaml``, the settings of a JSONSchemaBench task, and the metrics it names."""
