"""The cells of ``matrix``: one decoding mode of transformers under one kind of constraint, and a verdict.

A script: it runs under the interpreter of the engine it drives, and imports nothing of maskwright unless that is the engine. Arguments:
engine, folder of the model, JSON list of modes (empty: all), whether to compile the forward pass. One JSON line per cell goes to stdout:
``{"mode", "kind", "verdict", "detail", "seconds"}``; ``verdict`` is "ok", "wrong" (a text outside the language, or another one than a plain
loop writes), "error", or "-" (the engine has no such thing).

The plain loop has no cache and no batch: at each step all tokens read anew, the engine's own mask, the likeliest token. Modes that are
deterministic have to write the same tokens.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
import transformers

PROMPTS = (
    "Maria Lopez, 34, is a nurse from Lisbon.<|schema|>{\"name\":string,\"age\":integer}<|answer|>",
    "Bob, 7, lives in Oslo with Ann.<|schema|>{\"name\":string,\"age\":integer}<|answer|>",
)
BUDGET = 48
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 150}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
REGEX = r"[A-Z][a-z]{2,8} \([0-9]{1,3}\)"
CHOICE = ["Maria Lopez", "Maria", "Bob", "Ann, 7"]
EBNF = 'root ::= term ("+" term)? ("+" term)?\nterm ::= [0-9] [0-9]? | "(" term ")"'
TAGS = {
    "type": "structural_tag",
    "format": {
        "type": "triggered_tags",
        "triggers": ["<call>"],
        "tags": [{"begin": "<call>", "content": {"type": "json_schema", "json_schema": SCHEMA}, "end": "</call>"}],
        "at_least_one": True,
        "stop_after_first": True,
    },
}
TOOLS = [{"type": "function", "function": {"name": "record", "parameters": SCHEMA}}]


def fits_schema(text: str) -> bool:
    value = json.loads(text)
    return list(value) == ["name", "age"] and len(value["name"]) <= 12 and type(value["age"]) is int and 0 <= value["age"] <= 150


def fits_sum(text: str) -> bool:
    while (shorter := re.sub(r"\(([0-9]{1,2})\)", r"\1", text)) != text:
        text = shorter
    return re.fullmatch(r"[0-9]{1,2}(\+[0-9]{1,2}){0,2}", text) is not None


def fits_object(text: str) -> bool:
    """A JSON object; a text that the budget cut has to begin one."""
    from pydantic_core import from_json

    return isinstance(from_json(text, allow_partial="trailing-strings"), dict)


def fits_tags(text: str) -> bool:
    calls = re.findall(r"<call>(.*?)</call>", text, re.DOTALL)
    return bool(calls) and all(map(fits_schema, calls))


def fits_tools(text: str) -> bool:
    return "record" in text


KINDS: dict[str, tuple[dict[str, Any], Callable[[str], bool]]] = {
    "schema": ({"schema": SCHEMA}, fits_schema),
    "regex": ({"regex": REGEX}, lambda text: re.fullmatch(REGEX, text) is not None),
    "choice": ({"choice": CHOICE}, lambda text: text in CHOICE),
    "json_object": ({"json_object": True}, fits_object),
    "grammar": ({"grammar": EBNF, "syntax": "ebnf"}, fits_sum),
    "structural_tag": ({"structural_tag": TAGS}, fits_tags),
    "tools": ({"tools": TOOLS, "tool_choice": "required"}, fits_tools),
}


class Unsupported(Exception):
    """The engine has no such kind or mode."""


class Maskwright:
    """Our processor and what is beside it."""

    def __init__(self, model: Any, tokenizer: Any):
        import maskwright

        self.mw, self.model, self.tokenizer = maskwright, model, tokenizer
        self.vocab = maskwright.Vocabulary.from_tokenizer(tokenizer)
        self.version = maskwright.__version__

    def compile(self, arguments: dict[str, Any]) -> Any:
        from maskwright.errors import UnsupportedFeatureError

        try:
            return self.mw.compile(self.vocab, **arguments)
        except UnsupportedFeatureError as error:
            raise Unsupported(str(error)) from error

    def processor(self, constraints: list[Any]) -> Any:
        return self.mw.MaskwrightLogitsProcessor(constraints if len(constraints) > 1 else constraints[0], self.vocab)

    def plain(self, constraint: Any) -> Plain:
        import numpy as np

        words = np.zeros(self.vocab.num_words, np.uint32)
        state = constraint.start

        def allowed() -> list[int]:
            constraint.fill_mask(state, words)
            return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little")).tolist()

        def advance(token: int) -> None:
            nonlocal state
            state = constraint.advance(state, token)

        return Plain(allowed, advance)


class XGrammar:
    """xgrammar's processor for transformers, used as its documentation says: a new one for each call."""

    def __init__(self, model: Any, tokenizer: Any):
        from importlib.metadata import version

        import xgrammar

        self.xgrammar, self.tokenizer = xgrammar, tokenizer
        self.version = version("xgrammar")
        self.info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=model.config.vocab_size)
        self.compiler = xgrammar.GrammarCompiler(self.info, max_threads=1)

    def compile(self, arguments: dict[str, Any]) -> Any:
        (kind, source), *_ = arguments.items()
        if kind == "schema":
            return self.compiler.compile_json_schema(source)
        if kind == "regex":
            return self.compiler.compile_regex(source)
        if kind == "json_object":
            return self.compiler.compile_builtin_json_grammar()
        if kind == "choice":
            return self.compiler.compile_grammar("root ::= " + " | ".join(json.dumps(one) for one in source))
        if kind == "grammar":
            return self.compiler.compile_grammar(source)
        if kind == "structural_tag":
            return self.compiler.compile_structural_tag(json.dumps(source))
        raise Unsupported(kind)

    def processor(self, constraints: list[Any]) -> Any:
        import xgrammar.contrib.hf

        if any(constraint is None for constraint in constraints):
            raise Unsupported("a row without constraint")
        return xgrammar.contrib.hf.LogitsProcessor(constraints if len(constraints) > 1 else constraints[0])

    def plain(self, constraint: Any) -> Plain:
        matcher = self.xgrammar.GrammarMatcher(constraint)
        row = self.xgrammar.allocate_token_bitmask(1, self.info.vocab_size)

        def allowed() -> list[int]:
            if matcher.is_terminated():
                return list(self.info.stop_token_ids)
            matcher.fill_next_token_bitmask(row, 0)
            bits = row[0].numpy().view("uint32")
            return [t for t in range(self.info.vocab_size) if int(bits[t >> 5]) >> (t & 31) & 1]

        return Plain(allowed, matcher.accept_token)


class Plain:
    """An engine's mask and step for the plain loop."""

    def __init__(self, allowed: Callable[[], list[int]], advance: Callable[[int], Any]):
        self.allowed, self.advance = allowed, advance


class Bench:
    """Model, drafts, prompts and the runs of one engine."""

    def __init__(self, engine: str, folder: str):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.tokenizer.padding_side = "left"
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.engine: Any = {"maskwright": Maskwright, "xgrammar": XGrammar}[engine](self.model, self.tokenizer)
        self.is_ours = engine == "maskwright"
        self.ends = set(torch.atleast_1d(torch.tensor(self.model.generation_config.eos_token_id)).tolist())
        self.constraint: Any = None
        self._wanted: dict[tuple[str, str], list[int]] = {}

    def draft(self) -> Any:
        """A random model over the same tokens."""
        torch.manual_seed(1)
        config = transformers.LlamaConfig(
            vocab_size=self.model.config.vocab_size, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
            num_key_value_heads=1, eos_token_id=sorted(self.ends)[0], pad_token_id=self.tokenizer.pad_token_id, bos_token_id=None,
        )  # fmt: skip
        return transformers.LlamaForCausalLM(config).eval()

    def stranger(self) -> tuple[Any, Any]:
        """A random model over bytes, with its tokenizer."""
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers

        backend = Tokenizer(models.BPE({p: i for i, p in enumerate(["<pad>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())])}, []))
        backend.pre_tokenizer, backend.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        other = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", bos_token="</s>")
        torch.manual_seed(2)
        config = transformers.LlamaConfig(
            vocab_size=len(other), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
            eos_token_id=1, pad_token_id=0, bos_token_id=1,
        )  # fmt: skip
        return transformers.LlamaForCausalLM(config).eval(), other

    def plain(self, kind: str, prompt: str, constraint: Any) -> list[int]:
        """Greedy, one pass over everything per token."""
        if (kind, prompt) not in self._wanted:
            written: list[int] = []
            loop, ids = self.engine.plain(constraint), self.tokenizer(prompt)["input_ids"]
            while len(written) < BUDGET:
                with torch.no_grad():
                    logits = self.model(torch.tensor([ids + written])).logits[0, -1]
                token = max(loop.allowed(), key=lambda t: float(logits[t]))
                if token in self.ends:
                    break
                written.append(token)
                loop.advance(token)
            self._wanted[kind, prompt] = written
        return self._wanted[kind, prompt]

    def generate(
        self, prompts: list[str], constraints: list[Any], model: Any = None, processor: Any = None, **options: Any
    ) -> list[list[int]]:
        """Run ``model.generate``; return the rows without their ends and padding."""
        inputs = self.tokenizer(prompts, return_tensors="pt", padding=True, return_token_type_ids=False)
        if "custom_generate" not in options:
            options["logits_processor"] = [processor if processor is not None else self.engine.processor(constraints)]
        output = (model or self.model).generate(**inputs, **{"max_new_tokens": BUDGET, "do_sample": False, **options})
        return [self.trimmed(row) for row in output[:, inputs["input_ids"].shape[1] :].tolist()]

    def trimmed(self, row: list[int]) -> list[int]:
        return row[: next((i for i, t in enumerate(row) if t in self.ends or t == self.tokenizer.pad_token_id), len(row))]

    def text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, clean_up_tokenization_spaces=False))

    def begins(self, ids: list[int]) -> bool:
        """Whether a text that the budget cut is the beginning of one: each token was allowed."""
        loop = self.engine.plain(self.constraint)
        for token in ids:
            if token not in loop.allowed():
                return False
            loop.advance(token)
        return True

    def judge(self, kind: str, rows: list[list[int]], wanted: list[list[int]] | None = None) -> str:
        """Say what is wrong with the rows; nothing if they are as they should be."""
        for ids in rows:
            try:
                fine = KINDS[kind][1](self.text(ids))
            except ValueError:
                fine = False
            if not fine and not (len(ids) == BUDGET and self.begins(ids)):
                return f"outside the language: {self.text(ids)[:60]!r}"
        if wanted is not None and rows != wanted:
            return f"not the plain loop's: {self.text(rows[0])[:50]!r} for {self.text(wanted[0])[:50]!r}"
        return ""


Mode = Callable[[Bench, str, Any], str]


def greedy(b: Bench, kind: str, c: Any) -> str:
    return b.judge(kind, b.generate([PROMPTS[0]], [c]), [b.plain(kind, PROMPTS[0], c)])


def sampling(b: Bench, kind: str, c: Any) -> str:
    torch.manual_seed(0)
    return b.judge(kind, [b.generate([PROMPTS[0]], [c], do_sample=True, temperature=1.5)[0] for _ in range(3)])


def batch(b: Bench, kind: str, c: Any) -> str:
    return b.judge(kind, b.generate(list(PROMPTS), [c]), [b.plain(kind, prompt, c) for prompt in PROMPTS])


def mixed(b: Bench, kind: str, c: Any) -> str:
    other = b.engine.compile({"regex": "[0-9]{2}"})
    rows = b.generate([PROMPTS[0], PROMPTS[1], PROMPTS[1]], [c, other, None])
    return b.judge(kind, rows[:1], [b.plain(kind, PROMPTS[0], c)]) or ("" if re.fullmatch("[0-9]{2}", b.text(rows[1])) else "row 2")


def sequences(b: Bench, kind: str, c: Any) -> str:
    torch.manual_seed(1)
    return b.judge(kind, b.generate(list(PROMPTS), [c], do_sample=True, temperature=1.2, num_return_sequences=3))


def beams(b: Bench, kind: str, c: Any) -> str:
    return b.judge(kind, b.generate(list(PROMPTS), [c], num_beams=3, num_return_sequences=2))


def beam_sampling(b: Bench, kind: str, c: Any) -> str:
    torch.manual_seed(2)
    return b.judge(kind, b.generate([PROMPTS[0]], [c], num_beams=3, do_sample=True))


def prompt_lookup(b: Bench, kind: str, c: Any) -> str:
    return b.judge(kind, b.generate([PROMPTS[0]], [c], prompt_lookup_num_tokens=3), [b.plain(kind, PROMPTS[0], c)])


def draft_model(b: Bench, kind: str, c: Any) -> str:
    return b.judge(kind, b.generate([PROMPTS[0]], [c], assistant_model=b.draft()), [b.plain(kind, PROMPTS[0], c)])


def other_tokenizer(b: Bench, kind: str, c: Any) -> str:
    assistant, tokenizer = b.stranger()
    options = {"assistant_model": assistant, "tokenizer": b.tokenizer, "assistant_tokenizer": tokenizer}
    return b.judge(kind, b.generate([PROMPTS[0]], [c], **options), [b.plain(kind, PROMPTS[0], c)])


def static_cache(b: Bench, kind: str, c: Any) -> str:
    rows = b.generate([PROMPTS[0]], [c], cache_implementation="static", disable_compile=True)
    return b.judge(kind, rows, [b.plain(kind, PROMPTS[0], c)])


def static_compiled(b: Bench, kind: str, c: Any) -> str:
    """The forward pass compiled once for all kinds."""
    if not hasattr(b, "compiled"):
        b.compiled = transformers.AutoModelForCausalLM.from_pretrained(b.model.name_or_path, dtype=torch.float32).eval()  # type: ignore[attr-defined]
        b.compiled.forward = torch.compile(b.compiled.forward, dynamic=True)  # type: ignore[attr-defined]
    rows = b.generate([PROMPTS[0]], [c], model=b.compiled, cache_implementation="static")  # type: ignore[attr-defined]
    return b.judge(kind, rows, [b.plain(kind, PROMPTS[0], c)])


def streamer(b: Bench, kind: str, c: Any) -> str:
    seen: list[int] = []

    class Keep(transformers.generation.streamers.BaseStreamer):
        def put(self, value: Any) -> None:
            seen.extend(value.flatten().tolist())

        def end(self) -> None:
            pass

    rows = b.generate([PROMPTS[0]], [c], streamer=Keep())
    shown = b.trimmed(seen[len(b.tokenizer(PROMPTS[0])["input_ids"]) :])
    return b.judge(kind, rows, [b.plain(kind, PROMPTS[0], c)]) or ("" if [shown] == rows else "the streamer saw other tokens")


def reuse(b: Bench, kind: str, c: Any) -> str:
    """One processor for three calls, after one that was interrupted."""
    processor = b.engine.processor([c])

    class Interrupt(transformers.StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        b.generate([PROMPTS[1]], [c], processor=processor, stopping_criteria=[Interrupt()])
    for prompt in (PROMPTS[0], PROMPTS[1], PROMPTS[0]):
        wrong = b.judge(kind, b.generate([prompt], [c], processor=processor), [b.plain(kind, prompt, c)])
        if wrong:
            return wrong
    return ""


def half(b: Bench, kind: str, c: Any) -> str:
    if not hasattr(b, "half"):
        b.half = transformers.AutoModelForCausalLM.from_pretrained(b.model.name_or_path, dtype=torch.bfloat16).eval()  # type: ignore[attr-defined]
    return b.judge(kind, b.generate(list(PROMPTS), [c], model=b.half))  # type: ignore[attr-defined]


def ours(b: Bench) -> Any:
    if not b.is_ours:
        raise Unsupported("the processor only")
    return b.engine


def own_loop(b: Bench, kind: str, c: Any) -> str:
    ours(b)
    from maskwright.integrations.decoding_loop import DecodingLoop

    rows = b.generate(list(PROMPTS), [c], custom_generate=DecodingLoop(c, on_truncation="return"))
    return b.judge(kind, rows, [b.plain(kind, prompt, c) for prompt in PROMPTS])


def continuous(b: Bench, kind: str, c: Any) -> str:
    engine = ours(b)
    from maskwright.integrations.continuous_batching import generate_batch

    if not hasattr(b, "paged"):
        b.paged = transformers.AutoModelForCausalLM.from_pretrained(b.model.name_or_path, dtype=torch.float32).eval()  # type: ignore[attr-defined]
    inputs = [b.tokenizer(prompt)["input_ids"] for prompt in PROMPTS]
    settings = {"num_blocks": 64, "max_batch_tokens": 256}
    rows = generate_batch(b.paged, engine.vocab, inputs, [c, c], max_new_tokens=BUDGET, **settings)  # type: ignore[attr-defined]
    return b.judge(kind, [b.trimmed(row) for row in rows], [b.plain(kind, prompt, c) for prompt in PROMPTS])


def generate(b: Bench, kind: str, c: Any) -> str:
    """Our own `generate`, closing; equal to the plain loop where that ended by itself."""
    mw = ours(b).mw
    writer = mw.Generator(constraint=c, model=b.model, tokenizer=b.tokenizer)
    results = [*writer(list(PROMPTS), max_tokens=BUDGET), *writer(PROMPTS[0], n=3, temperature=1.5, seed=1, max_tokens=BUDGET)]
    wrong = b.judge(kind, [list(r.token_ids) for r in results])
    wrong = wrong or ("" if all(r.complete for r in results) else "a text is not complete")
    same = [list(r.token_ids) == b.plain(kind, p, c) for r, p in zip(results, PROMPTS) if len(b.plain(kind, p, c)) < BUDGET]
    return wrong or ("" if all(same) else "not the plain loop's")


def stream(b: Bench, kind: str, c: Any) -> str:
    mw = ours(b).mw
    writer = mw.Generator(constraint=c, model=b.model, tokenizer=b.tokenizer)
    *_, last = events = list(writer.stream(PROMPTS[0], max_tokens=BUDGET))
    assembled = "".join(event.delta for event in events) == last.result.text
    return b.judge(kind, [list(last.result.token_ids)]) or ("" if assembled else "events do not add up")


MODES: dict[str, Mode] = {
    "greedy": greedy,
    "sampling": sampling,
    "batch": batch,
    "batch, constraint per row (one none)": mixed,
    "num_return_sequences": sequences,
    "beams": beams,
    "beam sampling": beam_sampling,
    "prompt lookup": prompt_lookup,
    "draft model": draft_model,
    "assistant, other tokenizer": other_tokenizer,
    "static cache": static_cache,
    "static cache, compiled": static_compiled,
    "streamer": streamer,
    "one object, many calls": reuse,
    "bfloat16": half,
    "continuous batching": continuous,
    "custom_generate (own loop)": own_loop,
    "generate": generate,
    "stream": stream,
}


def cells(bench: Bench, modes: list[str]) -> Iterator[dict[str, Any]]:
    for kind, (arguments, _) in KINDS.items():
        try:
            constraint, failed = bench.engine.compile(arguments), None
            bench.constraint = constraint
        except Unsupported as error:
            constraint, failed = None, error
        for mode in modes:
            started = time.perf_counter()
            try:
                if failed is not None:
                    raise failed
                wrong = MODES[mode](bench, kind, constraint)
                verdict, detail = ("wrong", wrong) if wrong else ("ok", "")
            except Unsupported as error:
                verdict, detail = "-", str(error)
            except Exception as error:                           # whatever the engine or transformers raises is the answer
                verdict, detail = "error", f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
            yield {"mode": mode, "kind": kind, "verdict": verdict, "detail": detail, "seconds": round(time.perf_counter() - started, 2)}


def main() -> None:
    engine, folder, chosen, compiled = sys.argv[1:5]
    warnings.simplefilter("ignore")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    bench = Bench(engine, folder)
    modes = json.loads(chosen) or [mode for mode in MODES if compiled == "1" or mode != "static cache, compiled"]
    print(json.dumps({"engine": engine, "version": bench.engine.version, "transformers": transformers.__version__}), flush=True)
    for cell in cells(bench, modes):
        print(json.dumps(cell), flush=True)


if __name__ == "__main__":
    main()
