"""What ``truth-peer`` runs in the environment of genlm-control: SMC of some tasks, one JSON document in, one out.

Reads a list of ``{table, order, size, sentences, particles, ess, runs, max_tokens, sampler, seed}`` from standard input: a Markov chain
over token ids (the last id is the end) and all sentences as lists of ids. Writes, per task, the texts picked (one by weight per run),
evidences, seconds, rows of the model asked, and checks. This file imports nothing of maskwright.
"""

import asyncio
import json
import sys
import time

import numpy as np
from genlm.control import AWRS, EOS, Potential, direct_token_sampler


class Chain(Potential):
    """The table model."""

    def __init__(self, task):
        self.logs = np.array(task["table"])
        self.order, self.width, self.rows = task["order"], task["size"], 0
        super().__init__(list(range(task["size"] - 1)))

    def row(self, context):
        number = 0
        for place in range(len(context) - self.order, len(context)):
            number = number * (self.width + 1) + (context[place] if place >= 0 else self.width)
        return self.logs[number]

    async def prefix(self, context):
        return float(sum(self.row(context[:i])[token] for i, token in enumerate(context)))

    async def complete(self, context):
        return await self.prefix(context) + float(self.row(context)[-1])

    async def logw_next(self, context):
        self.rows += 1
        return self.make_lazy_weights(self.row(context))


class Sentences(Potential):
    """The language, as 0 and -inf."""

    def __init__(self, task):
        self.sentences = {tuple(s) for s in task["sentences"]}
        self.prefixes = {s[:i] for s in self.sentences for i in range(len(s) + 1)}
        self.checks = 0
        super().__init__(list(range(task["size"] - 1)))

    async def prefix(self, context):
        self.checks += 1
        return 0.0 if tuple(context) in self.prefixes else float("-inf")

    async def complete(self, context):
        self.checks += 1
        return 0.0 if tuple(context) in self.sentences else float("-inf")


async def run(task):
    chain, language = Chain(task), Sentences(task)
    sampler = AWRS(chain, language, seed=task["seed"]) if task["sampler"] == "awrs" else direct_token_sampler(chain * language)
    rng = np.random.default_rng(task["seed"])
    np.random.seed(task["seed"])
    texts, evidences, tokens = [], [], 0
    began = time.process_time()
    for _ in range(task["runs"]):
        found = await sampler.smc(n_particles=task["particles"], ess_threshold=task["ess"], max_tokens=task["max_tokens"] + 1)
        evidences.append(float(np.exp(found.log_ml)))
        tokens += sum(len(context) for context in found.contexts)
        if np.isfinite(found.log_total):
            weights = np.exp(found.log_weights - found.log_total)
            picked = found.contexts[rng.choice(len(weights), p=weights / weights.sum())]
            texts.append([int(token) for token in picked if token is not EOS])
    seconds = time.process_time() - began
    await sampler.cleanup()
    return {"texts": texts, "evidences": evidences, "seconds": seconds, "tokens": tokens, "rows": chain.rows, "checks": language.checks}


if __name__ == "__main__":
    json.dump([asyncio.run(run(task)) for task in json.load(sys.stdin)], sys.stdout)
