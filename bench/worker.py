"""The child's side of a benchmark: one engine, one tokenizer, one file after another.

This file runs as a script under whatever Python the engine lives in, so it imports the standard library only (and `tokenizers`, when a
tokenizer is given); adapters are loaded by path. Requests and answers are JSON lines; standard output is taken over for them at the start,
so that nothing an engine prints can be mistaken for an answer.

    {"op": "open", "seconds": S, "engine": PATH, "tokenizer": DIR | null, "model": DIR | null}  ->  {"ok": {"name", "version", "seconds"}}
    {"op": "run", "seconds": S, "schema", "tests", "options", "facts", "warm"}  ->  {"phase": ...} as it goes, then {"row": {...}}
    {"op": "judge", "seconds": S, "schema", "texts"}                        ->  the same, of a validator: each text's fault, or null
    {"op": "generate", "seconds": S, "schema", "prompt", ...}               ->  the same, with a model in the loop (`loop`)
    anything that goes wrong outside an engine's own refusal               ->  {"failed": {"class", "message"}}

What is measured, with `time.perf_counter_ns`:

* ``first`` = compile (from the schema as a Python object) + start + first mask, the vocabulary ready and the engine warmed up by one
  trivial schema (libraries loaded, compiled kernels read back);
* per token = fill the mask + advance, as called from Python through the adapter; looking the token up in the mask is not counted. The
  cold pass is the first over all instances of the file, the warm pass the same again. A rejected token's mask counts; its advance too,
  where the engine survives being asked.

Verdicts: an instance is accepted when every token is allowed by the mask and the end is accepting. A valid instance that is refused only
for the order of its keys is told apart: it is accepted by the same options with the engine's `any_order` options, or, for an engine that
has none, after its keys are sorted by first mention in the schema.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

clock = time.perf_counter_ns

WARM_UP = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
WARM_UP_TEXT = '{"a": "b", "b": 1}'
ORPHAN_GRACE_S = 60  # a child whose parent died is ended by the system's alarm this long after its time is up
MAX_MESSAGE = 2000
MAX_FAULT = 300


def load_file(name: str, path: str) -> Any:
    """Import a Python file by its path, under a name of ours."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_encoder(tokenizer: str | None) -> Callable[[str], list[int]]:
    """Return text -> token ids, special tokens neither added nor matched in the text."""
    if tokenizer is None:
        return lambda text: list(text.encode("utf-8"))
    import tokenizers

    fast = tokenizers.Tokenizer.from_file(os.path.join(tokenizer, "tokenizer.json"))
    fast.encode_special_tokens = True
    return lambda text: fast.encode(text, add_special_tokens=False).ids


def spell(value: Any) -> str:
    """Write an instance as the benchmark does; a lone surrogate, which has no UTF-8, is written as its escape."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def mentions(schema: Any) -> Iterator[str]:
    """Yield property names in the order in which a depth-first reading of the schema meets them."""
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(reversed(node))
        elif isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                yield from properties
            stack.extend(reversed(node.values()))


def reordered(value: Any, rank: dict[str, int]) -> Any:
    """Copy a value with the keys of every object sorted by rank; unranked keys follow in their own order."""
    if isinstance(value, list):
        return [reordered(item, rank) for item in value]
    if isinstance(value, dict):
        return {key: reordered(value[key], rank) for key in sorted(value, key=lambda key: rank.get(key, len(rank)))}
    return value


def describe(error: BaseException) -> dict[str, str]:
    return {"class": type(error).__name__, "message": str(error)[:MAX_MESSAGE]}


def feed(engine: Any, ids: list[int], times: list[int], law: list[dict[str, int]]) -> int | None:
    """Feed one instance; return None when it is accepted, else the position where it is not.

    ``times`` gets one entry per mask, ``law`` the positions where mask and advance disagree.
    """
    engine.reset()
    mask, advance, allowed, robust = engine.mask, engine.advance, engine.allowed, engine.survives_rejection
    for position, token in enumerate(ids):
        t0 = clock()
        mask()
        t1 = clock()
        legal = allowed(token)
        t2 = clock()
        moved = advance(token) if legal or robust else False
        t3 = clock()
        times.append(t1 - t0 + t3 - t2)
        if bool(moved) != legal:
            law.append({"position": position, "token": token, "mask": int(legal)})
        if not (legal and moved):
            return position
    return None if engine.accepting() else len(ids)


class Worker:
    """One opened engine and what is said over the channel about it."""

    def __init__(self, engine: Any, encode: Callable[[str], list[int]], channel: TextIO, loop: Any = None):
        self.engine = engine
        self.encode = encode
        self.channel = channel
        self.loop = loop

    def say(self, **message: Any) -> None:
        self.channel.write(json.dumps(message) + "\n")
        self.channel.flush()

    def warm_up(self) -> None:
        self.engine.compile(WARM_UP)
        feed(self.engine, self.encode(WARM_UP_TEXT), [], [])

    def run(
        self, schema: Any, tests: list[Any], options: dict[str, Any], facts: dict[str, Any], warm: bool, **_: Any
    ) -> dict[str, Any]:
        """Compile, feed every instance, judge; return the row."""
        options = {name: facts[name] for name in self.engine.facts if name in facts} | options
        row: dict[str, Any] = {"status": "ok", "error": None, "verdicts": [], "at": [], "cold": [], "warm": [], "law": 0}
        self.say(phase="tokenize")
        runs = [self.encode(test["text"] if "text" in test else spell(test["data"])) for test in tests]
        gc.collect()
        self.say(phase="compile")
        try:
            self.start(schema, options, row)
        except Exception as error:
            row["error"] = describe(error)
            if type(error).__name__ != "UnsatisfiableError":
                row["status"] = "refused"
                return row
            row["status"] = "unsatisfiable"
            row["verdicts"] = ["rejected" if test["valid"] else "right" for test in tests]
            return row
        self.judge(tests, runs, row)
        if warm and row["status"] == "ok":
            self.say(phase="warm")
            try:
                for ids in runs:
                    feed(self.engine, ids, row["warm"], [])
            except Exception as error:
                row["warm_error"] = describe(error)
        if "rejected" in row["verdicts"]:
            self.say(phase="order")
            self.tell_order(schema, tests, options, runs, row)
        return row

    def judge_texts(self, schema: Any, texts: list[str], **_: Any) -> dict[str, Any]:
        """Compile with a validator and judge texts; return the row, with the fault of each text or None."""
        row: dict[str, Any] = {"status": "ok", "error": None, "faults": []}
        self.say(phase="compile")
        try:
            self.engine.compile(schema)
        except Exception as error:
            return {**row, "status": "refused", "error": describe(error)}
        for number, text in enumerate(texts):
            self.say(phase=f"text {number}")
            try:
                fault = self.engine.judge(text)
            except Exception as error:
                return {**row, "status": "failed", "error": {**describe(error), "text": number}}
            row["faults"].append(None if fault is None else fault[:MAX_FAULT])
        return row

    def generate(self, **request: Any) -> dict[str, Any]:
        """Decode with the model; the facts that the engine understands become options."""
        facts = request.pop("facts", {})
        request["options"] = {name: facts[name] for name in self.engine.facts if name in facts} | request["options"]
        gc.collect()
        return self.loop.generate(self.say, **request)

    def start(self, schema: Any, options: dict[str, Any], row: dict[str, Any]) -> None:
        engine = self.engine
        c0 = time.process_time_ns()
        t0 = clock()
        engine.compile(schema, **options)
        t1 = clock()
        row["compile"] = t1 - t0
        self.say(phase="first mask")
        t2 = clock()
        engine.reset()
        engine.mask()
        row["first"] = t1 - t0 + clock() - t2
        row["first_cpu"] = time.process_time_ns() - c0

    def judge(self, tests: list[dict[str, Any]], runs: list[list[int]], row: dict[str, Any]) -> None:
        """Feed every instance for the first time."""
        law: list[dict[str, int]] = []
        for number, (test, ids) in enumerate(zip(tests, runs)):
            self.say(phase=f"instance {number}")
            times: list[int] = []
            try:
                at = feed(self.engine, ids, times, law)
            except Exception as error:
                row["status"], row["error"] = "failed", {**describe(error), "instance": number, "position": len(times)}
                row["verdicts"].append("error")
                row["at"].append(len(times))
                return
            row["cold"] += times[1:] if number == 0 else times  # the very first mask is part of `first`
            row["at"].append(at)
            row["verdicts"].append("right" if (at is None) == test["valid"] else "accepted" if at is None else "rejected")
        row["law"] = len(law)
        row["law_example"] = law[0] if law else None

    def tell_order(self, schema: Any, tests: list[Any], options: dict[str, Any], runs: list[list[int]], row: dict[str, Any]) -> None:
        """Rename ``rejected`` to ``order`` where only the order of the keys was refused."""
        overlay = self.engine.any_order
        if overlay is not None and all(options.get(name) == value for name, value in overlay.items()):
            return
        try:
            self.engine.compile(schema, **{**options, **dict(overlay or {})})
            rank = {name: i for i, name in enumerate(dict.fromkeys(mentions(schema)))}
            for number, verdict in enumerate(row["verdicts"]):
                if verdict == "rejected" and "data" in tests[number]:
                    ids = runs[number] if overlay else self.encode(spell(reordered(tests[number]["data"], rank)))
                    if feed(self.engine, ids, [], []) is None:
                        row["verdicts"][number] = "order"
        except Exception as error:
            row["order_error"] = describe(error)


def open_worker(request: dict[str, Any], channel: TextIO) -> Worker:
    """Load adapter, tokenizer and model; warm the engine up."""
    engine = load_file("bench_engine", request["engine"]).Engine(request["tokenizer"])
    encode = load_encoder(request["tokenizer"])
    if hasattr(engine, "judge"):
        return Worker(engine, encode, channel)
    loop = None
    if request["model"] is not None:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "loop.py")
        loop = load_file("bench_loop", path).Loop(engine, request["model"], describe)
    worker = Worker(engine, encode, channel, loop)
    worker.warm_up()
    return worker


def serve(requests: TextIO, channel: TextIO) -> None:
    """Answer requests until the other side closes."""
    worker: Worker | None = None
    for line in requests:
        request = json.loads(line)
        op, seconds = request.pop("op"), request.pop("seconds")
        if hasattr(signal, "alarm"):
            signal.alarm(int(seconds) + ORPHAN_GRACE_S)
        try:
            if op == "open":
                t0 = clock()
                worker = open_worker(request, channel)
                gc.collect()
                gc.freeze()
                about = {"name": worker.engine.name, "version": worker.engine.version}
                worker.say(ok={**about, "seconds": (clock() - t0) / 1e9})
            elif worker is not None:
                operations: dict[str, Callable[..., Any]] = {"run": worker.run, "judge": worker.judge_texts, "generate": worker.generate}
                worker.say(row=operations[op](**request))
        except Exception as error:
            channel.write(json.dumps({"failed": describe(error)}) + "\n")
            channel.flush()
        finally:
            if hasattr(signal, "alarm"):
                signal.alarm(0)


def main() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]  # our modules must not shadow the engine's
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, channel)


if __name__ == "__main__":
    main()
