"""Samplers that keep the model's distribution under a constraint: planned. Masked sampling is in `integrations.sampling`."""
