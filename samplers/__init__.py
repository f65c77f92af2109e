"""Samplers that keep the model's distribution under a constraint: exact ones, weighted ones, and the oracle that proves them."""
