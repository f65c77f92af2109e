"""Train the embedded model: ``python -m maskwright.integrations.embedded.train --minutes 90 --out DIR [--resume]``.

The corpus is drawn on the fly (`data.sample`), so nothing repeats. Loss is taken on the answer only. Batches hold samples of
about equal length, right-padded, so that plain causal attention needs no padding mask. Most samples are soon read without a mistake
and teach nothing more: of each batch only the `HARD` share with the greatest loss is learnt from, after a pass that only scores
(selective backpropagation; Jiang et al. 2019). Weights are kept in float32 and computed with in bfloat16; hidden matrices are updated
by Muon (momentum, then five Newton-Schulz steps towards the nearest orthogonal matrix; Jordan 2024), embedding and norms by Adam.

Every worker is a process with one thread and samples of its own. A step lasts `STEP_SECONDS` for each of them, however much it gets
done, then their gradients are added: on a machine with other work nobody waits for the slowest (two threads of one process were 1.6
times as fast as one when alone, and slower than one beside a busy process). Learning rates follow the share of the time budget that
is used, so any ``--minutes`` gives a fully annealed model, and a run resumed with the same budget ends as planned. The time is the
workers' own, on average: beside other work the rates wait with the run (by the clock on the wall, a run that got a hundredth of a core
for half an hour would have used up its rates for a dozen steps). The draws depend on seed, worker and step only; the weights also on
how much the machine does in the time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
import torch.nn.functional as F
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from .data import drill, sample
from .prompt import END_MARK
from .tokenizer import save_tokenizer, train_tokenizer

SEED = 20
WINDOW = 2048
HIDDEN_RATE, OTHER_RATE = 0.02, 3e-3
WARMUP_STEPS = 60
IGNORED = -100
WIDTHS = (32, 48, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320, 384, 512, 768, 1200)
POOL = 512
#: tokens whose activations a core's caches hold: 1.28 times the tokens per second of whole batches of 8,192 (measured)
PART = 2048
#: share of the samples, those read worst, that are learnt from
HARD = 0.3
#: share of the samples with many optional and nullable fields
DOUBTFUL = 0.5
#: how long a step gathers gradients
STEP_SECONDS = 2.0


class Stage(NamedTuple):
    """A part of the curriculum: entered while the recent loss is above a bound."""

    above: float
    fields: tuple[int, ...]
    drills: float
    tokens: int


STAGES = (
    Stage(1.6, (1, 2, 3), 0.5, 2048),
    Stage(0.8, (2, 3, 5), 0.25, 2048),
    Stage(0.4, (3, 6, 8), 0.08, 4096),
    Stage(-1.0, (5, 8, 8), 0.1, 8192),
)


def configuration(vocabulary_size: int, end: int, pad: int) -> LlamaConfig:
    """Return the architecture: 4.3 million parameters, six layers of width 256."""
    return LlamaConfig(
        vocab_size=vocabulary_size,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=6,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=WINDOW,
        tie_word_embeddings=True,
        rms_norm_eps=1e-6,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=pad,
    )


def word_pieces(tokenizer: Any) -> list[str]:
    """Return the tokens that consist of letters, in the order of their numbers."""
    return [text for text in (tokenizer.decode([i]) for i in range(len(tokenizer))) if text.isalpha()]


def batches(tokenizer: Any, seed: int, start: int, loss: Callable[[], float]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (tokens, labels) in few shapes (each new shape costs a kernel), by the stage that the loss has earned."""
    end = tokenizer.convert_tokens_to_ids(END_MARK)
    pieces = word_pieces(tokenizer)
    pool_number = start
    waiting: dict[int, list[tuple[list[int], int]]] = {}
    while True:
        rng = random.Random(f"{seed}/{pool_number}")
        pool_number += 1
        stage = next(stage for stage in STAGES if loss() > stage.above)
        drawn = [
            drill(rng, pieces)
            if rng.random() < stage.drills
            else sample(rng, max_fields=rng.choice(stage.fields), pieces=pieces, doubtful=rng.random() < DOUBTFUL)
            for _ in range(POOL)
        ]
        prompts = tokenizer([d.prompt for d in drawn])["input_ids"]
        answers = tokenizer([d.answer for d in drawn])["input_ids"]
        rows = [(a + b + [end], len(a)) for a, b in zip(prompts, answers) if len(a) + len(b) < 1200]
        order = []
        for row in rows:
            width = next(w for w in WIDTHS if w >= len(row[0]))
            waiting.setdefault(width, []).append(row)
            if len(waiting[width]) >= max(1, stage.tokens // width):
                order.append((width, waiting.pop(width)))
        rng.shuffle(order)
        for width, group in order:
            tokens = torch.full((len(group), width), end)
            labels = torch.full(tokens.shape, IGNORED)
            for i, (ids, first) in enumerate(group):
                tokens[i, : len(ids)] = torch.tensor(ids)
                labels[i, first - 1 : len(ids) - 1] = torch.tensor(ids[first:])
            yield tokens, labels


def orthogonalized(matrices: torch.Tensor) -> torch.Tensor:
    """Return the stack of matrices moved towards the nearest orthogonal ones (quintic Newton-Schulz, five steps)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(5):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.transpose(1, 2) if tall else x).float()


class Optimizer:
    """Muon on the hidden matrices, Adam on the rest; float32 master weights of a bfloat16 model."""

    def __init__(self, model: LlamaForCausalLM) -> None:
        self.parameters = dict(model.named_parameters())
        self.master = {n: p.detach().float().clone() for n, p in self.parameters.items()}
        self.first = {n: torch.zeros_like(m) for n, m in self.master.items()}
        self.second = {n: torch.zeros_like(m) for n, m in self.master.items() if not self._hidden(n)}
        shapes: dict[tuple[int, ...], list[str]] = {}
        for name, weight in self.master.items():
            if self._hidden(name):
                shapes.setdefault(tuple(weight.shape), []).append(name)
        self.groups = list(shapes.values())

    @staticmethod
    def _hidden(name: str) -> bool:
        return "_proj" in name

    def _gradient(self, name: str) -> torch.Tensor:
        gradient = self.parameters[name].grad
        assert gradient is not None, name
        return gradient.float()

    def step(self, count: int, scale: float) -> None:
        """Apply the gradients of the model and clear them; `scale` multiplies both learning rates."""
        for names in self.groups:
            grads = torch.stack([self._gradient(n) for n in names])
            momentum = torch.stack([self.first[n] for n in names]).lerp_(grads, 0.05)
            update = orthogonalized(grads.lerp(momentum, 0.95))
            rate = HIDDEN_RATE * scale * max(1.0, update.shape[1] / update.shape[2]) ** 0.5
            for i, name in enumerate(names):
                self.first[name].copy_(momentum[i])
                self.master[name].mul_(1 - 0.02 * HIDDEN_RATE * scale).sub_(update[i], alpha=rate)
        for name in self.second:
            grad = self._gradient(name)
            self.first[name].lerp_(grad, 0.1)
            self.second[name].lerp_(grad * grad, 0.03)
            mean, square = self.first[name] / (1 - 0.9**count), self.second[name] / (1 - 0.97**count)
            self.master[name].sub_(mean / (square.sqrt() + 1e-10), alpha=OTHER_RATE * scale)
        self.publish()

    def publish(self) -> None:
        """Copy the master weights into the model."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(self.master[name])
                parameter.grad = None


class Gathered:
    """Gradients that are being gathered for a step: sums over answer tokens, with their number, loss and count predicted right."""

    def __init__(self, model: LlamaForCausalLM) -> None:
        self.model = model
        self.count, self.loss, self.right = 0, 0.0, 0

    def learn(self, tokens: torch.Tensor, labels: torch.Tensor) -> None:
        """Add the gradients of the cross entropy over the answer tokens, part by part."""
        rows = max(1, PART // tokens.shape[1])
        for first in range(0, len(tokens), rows):
            loss, right = answer_loss(self.model, tokens[first : first + rows], labels[first : first + rows])
            loss.sum().div(PART).backward()
            self.count += len(loss)
            self.loss += float(loss.detach().sum())
            self.right += right

    def shared(self, spent: float, seen: int) -> tuple[float, float, float, int]:
        """Make the model's gradients the mean over all workers' tokens; return mean loss, share right, mean of `spent`, sum of `seen`."""
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        own = torch.tensor([self.count, self.loss, self.right, spent, seen], dtype=torch.float64)
        flat = torch.cat([g.float().flatten() for g in gradients])
        if dist.is_initialized():
            dist.all_reduce(own)
            dist.all_reduce(flat)
        count, loss, right, spent, seen = own.tolist()
        flat *= PART / count
        for gradient, values in zip(gradients, flat.split([g.numel() for g in gradients])):
            gradient.copy_(values.view_as(gradient))
        return loss / count, right / count, spent / workers_now(), int(seen)


def workers_now() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def answer_loss(model: LlamaForCausalLM, tokens: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, int]:
    """Return the cross entropy of every answer token, in nats, float32, row by row; and how many are predicted right."""
    hidden = model.model(tokens, use_cache=False).last_hidden_state
    asked = labels != IGNORED
    wanted = labels[asked]
    logits = model.lm_head(hidden[asked]).float()
    return F.cross_entropy(logits, wanted, reduction="none"), int((logits.detach().argmax(-1) == wanted).sum())


def hardest(model: LlamaForCausalLM, tokens: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the `HARD` share of the samples (at least one) whose answers have the greatest cross entropy."""
    rows = max(1, 2 * PART // tokens.shape[1])
    scores = torch.zeros(labels.shape)
    with torch.no_grad():
        for first in range(0, len(tokens), rows):
            part = labels[first : first + rows]
            scores[first : first + rows][part != IGNORED] = answer_loss(model, tokens[first : first + rows], part)[0]
    chosen = scores.sum(1).topk(max(1, round(HARD * len(tokens)))).indices
    return tokens[chosen], labels[chosen]


def rate_scale(step: int, done: float) -> float:
    """Return the learning-rate factor: linear warm-up, then a power of the time left, with a floor of 1 %.

    Gradients of batches this small are mostly noise (measured at two fifths of a run: cosine 0.03 between two batches), so the
    rate falls early.
    """
    return min(1.0, (step + 1) / WARMUP_STEPS) * max(0.01, max(0.0, 1 - done) ** 1.7)


def export(model: LlamaForCausalLM, tokenizer: Any, folder: Path) -> None:
    """Write config, bfloat16 weights, generation settings and tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        eos_token_id=model.config.eos_token_id, pad_token_id=model.config.pad_token_id, max_new_tokens=512, do_sample=False
    )
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)


def new_model(tokenizer: Any, seed: int) -> LlamaForCausalLM:
    """Return the seeded, untrained model; residual branches start at zero."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM(configuration(len(tokenizer), tokenizer.eos_token_id, tokenizer.pad_token_id))
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
    # On a CPU the fused attention's backward pass is the slower one at these lengths (measured: a tenth of a step).
    model.set_attn_implementation("eager")
    return model.bfloat16()


def train(minutes: float, out: Path, resume: bool = False, seed: int = SEED, workers: int = 1) -> None:
    """Train for `minutes` of each worker's time in all, saving a resumable state and an exported model every few minutes."""
    out.mkdir(parents=True, exist_ok=True)
    resume = resume and (out / "state.pt").exists()
    if not (out / "tokenizer.json").exists():
        save_tokenizer(train_tokenizer(seed), out)
    if workers == 1:
        _work(0, 1, minutes, out, resume, seed, "")
        return
    with tempfile.TemporaryDirectory() as meeting:
        torch.multiprocessing.spawn(_work, (workers, minutes, out, resume, seed, f"file://{meeting}/place"), nprocs=workers)


def _work(rank: int, workers: int, minutes: float, out: Path, resume: bool, seed: int, meeting: str) -> None:
    """Train as one of `workers` processes; all keep equal weights, the first one saves."""
    torch.set_num_threads(1)
    if workers > 1:
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=workers)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(out)
    model = new_model(tokenizer, seed)
    optimizer = Optimizer(model)
    step, used, seen, recent = 0, 0.0, 0, [(9.0, 0.0)]
    if resume:
        state = torch.load(out / "state.pt")
        step, used, seen = state["step"], state["used"], state["seen"]
        recent = [(state.get("loss", 2.4), 0.0)]
        optimizer.master, optimizer.first, optimizer.second = state["master"], state["first"], state["second"]
        optimizer.publish()

    def mean_loss() -> float:
        return sum(loss for loss, _ in recent[-30:]) / len(recent[-30:])

    def save() -> None:
        moments = {"master": optimizer.master, "first": optimizer.first, "second": optimizer.second}
        torch.save({"step": step, "used": used, "seen": seen, "loss": mean_loss(), **moments}, out / "state.new")
        (out / "state.new").replace(out / "state.pt")
        export(model, tokenizer, out / "export")

    source = batches(tokenizer, seed, 1_000_000 * (rank + workers * resume) + step, mean_loss)
    saved, clock = time.monotonic(), time.thread_time()
    while used < 60 * minutes:
        began, drawn, gathered = time.monotonic(), 0, Gathered(model)
        while drawn == 0 or time.monotonic() - began < STEP_SECONDS:
            tokens, labels = next(source)
            gathered.learn(*hardest(model, tokens, labels))
            drawn += tokens.numel()
        spent, clock = time.thread_time() - clock, time.thread_time()
        loss, right, spent, drawn = gathered.shared(spent, drawn)
        optimizer.step(step + 1, rate_scale(step, used / (60 * minutes)))
        step, used, seen = step + 1, used + spent, seen + drawn
        recent = [*recent[-49:], (loss, right)]
        if rank == 0 and step % 50 == 0:
            shares = [round(sum(r[i] for r in recent) / len(recent), 4) for i in (0, 1)]
            line = {"step": step, "done": round(used / (60 * minutes), 4), "tokens": seen, "loss": shares[0], "right": shares[1]}
            print(json.dumps(line | {"tokens_per_second": round(drawn / (time.monotonic() - began))}), file=sys.stderr, flush=True)
        if rank == 0 and time.monotonic() - saved > 240:
            save()
            saved = time.monotonic()
    if rank == 0:
        save()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=90, help="time of each worker")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of one thread each (default: one per core)")
    options = parser.parse_args()
    train(options.minutes, options.out, options.resume, options.seed, options.workers)


if __name__ == "__main__":
    main()
