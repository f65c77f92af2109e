"""Train the embedded model: ``python -m maskwright.integrations.embedded.train --minutes 90 --out DIR [--resume]``.

The corpus is drawn on the fly (`data.sample`), so nothing repeats. Loss is taken on the answer only. Batches hold samples of
about equal length, right-padded, so that plain causal attention needs no padding mask. Weights are kept in float32 and
computed with in bfloat16; hidden matrices are updated by Muon (momentum, then five Newton-Schulz steps towards the nearest
orthogonal matrix; Jordan 2024), embedding and norms by Adam. Learning rates follow the share of the time budget that is used,
so any ``--minutes`` gives a fully annealed model, and a run resumed with the same budget ends as planned. The time is the main
thread's own: on a machine with other work the rates wait with the run (by the clock on the wall, a run that got a hundredth of a core
for half an hour would have used up its rates for a dozen steps). The draws depend on seed and step only; the weights also on how
many steps the machine does in the time.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
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
    Stage(-1.0, (5, 8, 8), 0.05, 8192),
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


def batches(tokenizer: Any, seed: int, start: int, loss: Callable[[], float]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (tokens, labels) in few shapes (each new shape costs a kernel), by the stage that the loss has earned."""
    end = tokenizer.convert_tokens_to_ids(END_MARK)
    pool_number = start
    waiting: dict[int, list[tuple[list[int], int]]] = {}
    while True:
        rng = random.Random(f"{seed}/{pool_number}")
        pool_number += 1
        stage = next(stage for stage in STAGES if loss() > stage.above)
        drawn = [drill(rng) if rng.random() < stage.drills else sample(rng, max_fields=rng.choice(stage.fields)) for _ in range(POOL)]
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


class Pace:
    """Use one thread or several, whichever is faster at the moment.

    On a machine with other work a parallel region waits for its slowest thread (measured on two cores, seconds per step of 4,096 tokens:
    alone 0.75 with two threads and 1.2 with one; beside a busy process 2.6 with two). Of every `PERIOD` steps the last three try the other.
    """

    PERIOD = 16

    def __init__(self) -> None:
        self.most = torch.get_num_threads()
        self.chosen = self.most
        self.times: dict[int, list[float]] = {1: [], self.most: []}

    def before(self, step: int) -> int:
        """Set the number of threads of a step and return it."""
        trial = step % self.PERIOD >= self.PERIOD - 3
        threads = (1 if self.chosen == self.most else self.most) if trial else self.chosen
        torch.set_num_threads(threads)
        return threads

    def after(self, step: int, threads: int, seconds: float) -> None:
        """Record the time of a step; at the end of a period choose the faster setting."""
        self.times[threads] = [*self.times[threads][-2:], seconds]
        if step % self.PERIOD == self.PERIOD - 1 and all(self.times.values()):
            self.chosen = min(self.times, key=lambda n: sorted(self.times[n])[len(self.times[n]) // 2])


def learn(model: LlamaForCausalLM, tokens: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Add the gradients of the mean cross entropy over the answer tokens, part by part; return it and the share predicted right."""
    count = int((labels != IGNORED).sum())
    rows = max(1, PART // tokens.shape[1])
    losses, right = 0.0, 0
    for first in range(0, len(tokens), rows):
        hidden = model.model(tokens[first : first + rows], use_cache=False).last_hidden_state
        asked = labels[first : first + rows] != IGNORED
        wanted = labels[first : first + rows][asked]
        logits = model.lm_head(hidden[asked]).float()
        loss = F.cross_entropy(logits, wanted, reduction="sum") / count
        loss.backward()
        losses += loss.item()
        right += int((logits.argmax(-1) == wanted).sum())
    return losses, right / count


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


def train(minutes: float, out: Path, resume: bool = False, seed: int = SEED) -> None:
    """Train for `minutes` of the main thread's work in all, saving a resumable state and an exported model every few minutes."""
    state_file = out / "state.pt"
    resume = resume and state_file.exists()
    out.mkdir(parents=True, exist_ok=True)
    if (out / "tokenizer.json").exists():
        tokenizer = PreTrainedTokenizerFast.from_pretrained(out)
    else:
        tokenizer = train_tokenizer(seed)
        save_tokenizer(tokenizer, out)
    model = new_model(tokenizer, seed)
    optimizer = Optimizer(model)
    step, used, seen, recent_loss = 0, 0.0, 0, 9.0
    if resume:
        state = torch.load(state_file)
        step, used, seen = state["step"], state["used"], state["seen"]
        recent_loss = state.get("loss", 2.4)
        optimizer.master, optimizer.first, optimizer.second = state["master"], state["first"], state["second"]
        optimizer.publish()
    clock = time.thread_time()
    saved = time.monotonic()

    def done() -> float:
        return (used + time.thread_time() - clock) / (60 * minutes)

    def mean_loss() -> float:
        recent = losses[-30:]
        return sum(a for a, _ in recent) / len(recent)

    def save() -> None:
        torch.save(
            {
                "step": step,
                "used": used + time.thread_time() - clock,
                "seen": seen,
                "loss": mean_loss(),
                "master": optimizer.master,
                "first": optimizer.first,
                "second": optimizer.second,
            },
            out / "state.new",
        )
        (out / "state.new").replace(state_file)
        export(model, tokenizer, out / "export")

    losses: list[tuple[float, float]] = [(recent_loss, 0.0)]
    pace = Pace()
    for tokens, labels in batches(tokenizer, seed, 1_000_000 * resume + step, mean_loss):
        if done() >= 1:
            break
        began = time.monotonic()
        threads = pace.before(step)
        loss, right = learn(model, tokens, labels)
        optimizer.step(step + 1, rate_scale(step, done()))
        pace.after(step, threads, time.monotonic() - began)
        step += 1
        seen += tokens.numel()
        losses.append((loss, right))
        if step % 50 == 0:
            recent = losses[-50:]
            line = {
                "step": step,
                "done": round(done(), 4),
                "tokens": seen,
                "loss": round(sum(a for a, _ in recent) / 50, 4),
                "right": round(sum(b for _, b in recent) / 50, 4),
                "tokens_per_second": round(seen / (used + time.thread_time() - clock)),
                "threads": pace.chosen,
            }
            print(json.dumps(line), file=sys.stderr, flush=True)
            losses = recent
        if time.monotonic() - saved > 240:
            save()
            saved = time.monotonic()
    save()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    train(options.minutes, options.out, options.resume, options.seed)


if __name__ == "__main__":
    main()
