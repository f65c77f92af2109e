"""A model in the loop, in the child: the engine's masks steer greedy decoding, and every part of a step is timed.

The worker loads this file by its path, in the engine's environment, so it imports torch and transformers only. One sequence, one thread per
job (a GPU where torch sees one). Greedy, so that runs can be compared and resumed; a step is

    forward -> mask -> logits of forbidden tokens to -inf -> argmax -> advance

``compile`` is the engine's; ``first`` (time to first token) = compile + reading the prompt + first mask + choice; ``steps`` are the later
tokens, whole; ``masks`` their engine's part, mask + advance. The prompt is cut on the left so that the output fits the model's window.

An output that does not end within its tokens is cut. An engine with ``mask_within`` is then asked again, with masks that close in time
(``closed``, untimed): what it guarantees is counted beside what it writes unhurried. ``single`` counts tokens whose mask had no other,
``forwarded`` those lying wholly in text that the engine said is forced, by a second, untimed pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

clock = time.perf_counter_ns


class Loop:
    """A causal transformers model, its tokenizer and one engine."""

    def __init__(self, engine: Any, folder: str, describe: Callable[[BaseException], dict[str, str]]):
        import numpy
        import torch
        import transformers

        transformers.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(1)
        self.np, self.torch = numpy, torch
        self.engine = engine
        self.describe = describe
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        kind = torch.float32 if self.device == "cpu" else "auto"
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=kind).eval().to(self.device)
        ends = self.model.generation_config.eos_token_id
        self.ends = {self.tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
        self.window = getattr(self.model.config.get_text_config(), "max_position_embeddings", 1 << 30)

    def generate(
        self, say: Callable[..., None], schema: Any, prompt: str, max_tokens: int, options: dict[str, Any], chat: bool = False, **_: Any
    ) -> dict[str, Any]:
        """Compile, decode, count; return the row."""
        if chat and self.tokenizer.chat_template:
            said = [{"role": "user", "content": prompt}]
            prompt = str(self.tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False))
        ids = self.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        ids = ids[max(0, len(ids) + max_tokens - self.window) :] or [next(iter(self.ends), 0)]
        row: dict[str, Any] = {"status": "ok", "error": None, "prompt_tokens": len(ids)}
        say(phase="compile")
        try:
            t0 = clock()
            self.engine.compile(schema, **options)
            row["compile"] = clock() - t0
        except Exception as error:
            row["error"] = self.describe(error)
            row["status"] = "unsatisfiable" if type(error).__name__ == "UnsatisfiableError" else "refused"
            return row
        try:
            row |= self.decode(say, ids, max_tokens, self.plain_mask)
            row["first"] += row["compile"]
            if row["finish"] == "length" and hasattr(self.engine, "mask_within"):
                closed = self.decode(say, ids, max_tokens, self.engine.mask_within)
                row["closed"] = {name: closed[name] for name in ("text", "finish", "tokens")}
            out = row.pop("ids")
            row["forwarded"] = self.forwarded(out) if hasattr(self.engine, "forced") else None
        except Exception as error:
            row["status"], row["error"] = "failed", self.describe(error)
        return row

    def plain_mask(self, left: int) -> None:
        self.engine.mask()

    def decode(self, say: Callable[..., None], ids: list[int], max_tokens: int, mask: Callable[[int], None]) -> dict[str, Any]:
        """Write one output."""
        engine = self.engine
        out: list[int] = []
        reading = 0
        steps: list[int] = []
        masks: list[int] = []
        found: dict[str, Any] = {"finish": "length", "single": 0}
        with self.torch.inference_mode():
            say(phase="prompt")
            t0 = clock()
            logits, cache = self.forward(ids, None)
            found["prefill"] = clock() - t0
            engine.reset()
            while True:
                say(phase=f"token {len(out)}")
                t1 = clock()
                mask(max_tokens - len(out))
                t2 = clock()
                allowed = self.allowed(len(logits))
                count = int(self.np.count_nonzero(allowed))
                if count == 0:
                    found["finish"] = "dead"
                    break
                t3 = clock()
                token = int(self.np.where(allowed, logits, -self.np.inf).argmax())
                t4 = clock()
                found["single"] += count == 1
                if token in self.ends:
                    found["finish"] = "stop"
                    break
                if not engine.advance(token):
                    found["finish"] = "dead"
                    break
                t5 = clock()
                out.append(token)
                if len(out) == 1:
                    found["first"] = t2 - t0 + t4 - t3
                else:
                    masks.append(t2 - t1 + t5 - t4)
                    steps.append(reading + masks[-1] + t4 - t3)
                if len(out) == max_tokens:
                    break
                t6 = clock()
                logits, cache = self.forward([token], cache)
                reading = clock() - t6
        if found["finish"] == "length" and engine.accepting():
            found["finish"] = "stop"
        found.setdefault("first", clock() - t0)
        text = self.tokenizer.decode(out, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return {**found, "text": text, "tokens": len(out), "steps": steps, "masks": masks, "ids": out}

    def forward(self, ids: list[int], cache: Any) -> tuple[Any, Any]:
        """Return the last position's logits as numpy, and the cache."""
        tokens = self.torch.tensor([ids], device=self.device)
        result = self.model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return result.logits[0, -1].float().cpu().numpy(), result.past_key_values

    def allowed(self, width: int) -> Any:
        """Return the engine's mask as booleans, as wide as the logits; what the mask does not reach is forbidden."""
        bits = self.np.unpackbits(self.engine.row.view(self.np.uint8), bitorder="little")[:width]
        return self.np.pad(bits, (0, width - len(bits))).astype(bool)

    def forwarded(self, ids: list[int]) -> int:
        """Count the tokens of an output that the engine would have written without the model."""
        engine = self.engine
        engine.reset()
        covered = start = count = 0
        for number, token in enumerate(ids):
            end = len(str(self.tokenizer.decode(ids[: number + 1], clean_up_tokenization_spaces=False)).encode())
            engine.mask()
            if start >= covered:
                covered = start + len(engine.forced())
            count += end <= covered
            engine.advance(token)
            start = end
        return count
