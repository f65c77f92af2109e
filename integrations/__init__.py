"""Constraints at work: `generate`, the logits processor for transformers, the embedded model."""
