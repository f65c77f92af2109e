"""`Generator`: what is built once (model, constraints, readers), and the calls that decode with it.

Text is exactly the bytes of the generated tokens; the prompt is never changed, except that the embedded model reads it in the layout it was
trained on, that ``schema_in_prompt=True`` appends the schema, and that boundary healing takes back its last token.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Generic, Literal, TypeVar, Unpack, overload

from maskwright.errors import ContextLengthError, OptionError, TruncatedOutput, ValueRejected

from .arguments import Batch, Decoding, Plan, Target, batch_of, plan_of
from .decoding import Row, decode, shortage
from .free import Healed
from .refusals import Refusals
from .result import COMPLETE, Event, Result, Usage
from .sampler_runs import Request, SamplingReport, Written, run_of
from .sampling import Sampling
from .tasks import Task, make_task, make_tasks
from .trace import Clock, Trace
from .transformers_model import Chat, TransformersModel, load

T = TypeVar("T")


class _Job:
    """One prompt of a call: its task, its token ids, the budget of its texts."""

    def __init__(self, model: TransformersModel, task: Task, prompt: str | Chat, plan: Plan, in_prompt: bool):
        self.task = task
        self.constraint = task.constraint
        self.ids = model.encode(model.ask(prompt, task.asked, in_prompt))
        self.healed = b""
        if plan.heal and isinstance(prompt, str) and len(self.ids) > 1:
            self._heal(model)
        self.budget = self._budget(model.window, plan)

    def _heal(self, model: TransformersModel) -> None:
        """Take back the last token of the prompt, unless it is a special one."""
        last = self.ids[-1]
        if last < model.vocabulary.size and (data := model.vocabulary.token_bytes(last)):
            self.healed, self.ids = data, self.ids[:-1]
            self.constraint = Healed(self.constraint, data)

    def _budget(self, window: int | None, plan: Plan) -> int:
        """Tokens that may be written, checked against the window and the shortest answer."""
        prompt_tokens = len(self.ids)
        room = plan.max_tokens if window is None else window - prompt_tokens
        if room < 1:
            raise ContextLengthError(prompt_tokens, window or 0)
        budget = min(plan.max_tokens, room)
        short = shortage(self.constraint, budget) if plan.on_truncation != "return" else None
        if short is None:
            return budget
        if short.needed > room:
            raise ContextLengthError(prompt_tokens, window or 0, f", beside an answer of at least {short.needed} tokens")
        raise short


class Generator(Generic[T]):
    """A model and a compiled constraint: compile once, call many times.

    Parameters
    ----------
    schema : Python type, dict, bool or str
        A JSON Schema, or a Python type that is turned into one (pydantic model, dataclass, TypedDict, Enum, Literal, Union, function ...).
    regex : str
        A pattern that the whole text matches.
    choice : sequence of str
        The text is one of these.
    grammar : str
        A context-free grammar in the language named by ``syntax`` ("lark", "gbnf" or "ebnf").
    structural_tag, tools
        Free text with constrained sections; see `maskwright.compile`.
    json_object : bool
        Any JSON object.
    constraint : Constraint
        One compiled before, on this model's vocabulary.
    constraints : sequence
        One entry per prompt of every call, instead of all of the above: arguments as a dict (``{"regex": "[0-9]+"}``), a Python type,
        a compiled constraint, or None for free text.
    model : transformers model, path or None
        None is the embedded model.
    tokenizer : transformers tokenizer, path or None
        None takes the one beside the model.
    schema_in_prompt : bool
        Append the JSON Schema to the last message of the user (the embedded model is always told).
    limits, **options
        As in `maskwright.compile`; for JSON, ``numbers`` is "float64" and ``escapes`` "plain" here.

    Raises
    ------
    OptionError
        If there is not exactly one constraint, or an option does not fit it.
    ConstraintError
        If the constraint itself is at fault.
    TokenizerError
        If model and tokenizer do not fit.
    """

    @overload
    def __init__(self: Generator[T], *, schema: type[T], **options: Unpack[Target]) -> None: ...
    @overload
    def __init__(self: Generator[str], *, regex: str, **options: Unpack[Target]) -> None: ...
    @overload
    def __init__(self: Generator[str], *, choice: Sequence[str], **options: Unpack[Target]) -> None: ...
    @overload
    def __init__(self: Generator[Any], *, schema: Any = ..., **options: Unpack[Target]) -> None: ...

    def __init__(
        self, *, model: Any = None, tokenizer: Any = None, constraints: Any = None, schema_in_prompt: bool = False, **arguments: Any
    ) -> None:
        if isinstance(arguments.get("choice"), str):
            raise OptionError("choice", arguments["choice"], "a list of texts")
        self.model: TransformersModel = load(model, tokenizer)
        self._in_prompt = schema_in_prompt
        self._per_prompt = constraints is not None
        if self._per_prompt:
            given = [name for name, value in arguments.items() if value is not None]
            if given:
                raise OptionError("constraints", constraints, f"no {min(given)} beside it: each entry has its own arguments")
            self._tasks = make_tasks(self.model, constraints)
        else:
            self._tasks = [make_task(self.model, arguments)]
        #: the constraint (with ``constraints=``, the first one)
        self.constraint: Any = self._tasks[0].constraint
        #: the JSON Schema, where there is one
        self.schema: Any = self._tasks[0].asked.get("schema")

    @overload
    def __call__(self, prompt: str | Chat, *, n: Literal[1] = ..., **options: Unpack[Decoding]) -> Result[T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, prompt: str | Chat, *, n: int, **options: Unpack[Decoding]) -> list[Result[T]]: ...
    @overload
    def __call__(self, prompt: Batch, *, n: Literal[1] = ..., **options: Unpack[Decoding]) -> list[Result[T]]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, prompt: Batch, *, n: int, **options: Unpack[Decoding]) -> list[list[Result[T]]]: ...
    @overload
    def __call__(self, prompt: Any, *, n: int = ..., **options: Unpack[Decoding]) -> Any: ...

    def __call__(self, prompt: Any, **options: Any) -> Any:
        """Write text.

        Parameters
        ----------
        prompt : str, chat, or list of these
            A chat is a list of dicts with ``role`` and ``content``, and goes through the tokenizer's template.
        max_tokens : int, default 512
            Budget of one text; what is left of the model's window, if that is less.
        temperature, top_p, top_k, min_p, seed
            See `maskwright.integrations.sampling.Sampling`. Temperature is 0 (greedy) by default, and 1 with another sampler than
            "masked", which needs a distribution. The same seed gives the same text, alone or in a batch.
        n : int
            Texts per prompt.
        stop : str or list of str
            End the text where one of these appears after a whole sentence of the constraint; the text of the result ends before it.
        logprobs : int, optional
            Record log-probabilities, with this many alternatives (0: the chosen token only).
        on_truncation : "close", "raise" or "return"
            At the end of the budget: finish the text in time, raise `TruncatedOutput`, or return the cut text.
        jump : "tokens", "bytes" or "off"
            Forced tokens without a forward pass of their own: the same text as without; whole spans of forced bytes, spelled as the
            tokenizer spells them, after which the text may differ; or not at all.
        heal : bool
            Take back the prompt's last token and let the text begin with any token that starts with its bytes.
        attempts : int, default 8
            Texts to write until the validators of a Python type agree. With ``temperature=0`` the likeliest text comes first; where it is
            refused the others are drawn at temperature 1, since what is next likeliest is mostly the same value in another layout.
        trace : bool
            Record what happened at every step, as ``.trace``.
        sampler : str or function
            "masked" draws each token from the mask; "cars", "smc", "awrs" and others keep the model's distribution, with weights: see
            `maskwright.integrations.sampler_runs.Sampler` and docs/samplers.md.
        batch_size : int, default 16
            Most texts decoded together.

        Returns
        -------
        Result, or a list of them
            A list for a list of prompts; for ``n > 1`` a list of n, or a list of such lists.

        Raises
        ------
        BudgetError
            Before decoding, if the shortest answer does not fit ``max_tokens`` (not with ``on_truncation="return"``).
        UnsatisfiableError
            Before decoding, if no way to an answer is found with the tokens there are (not with ``on_truncation="return"``).
        ContextLengthError
            Before decoding, if a prompt (and the shortest answer) does not fit the model's window.
        TruncatedOutput
            With ``on_truncation="raise"``.
        """
        return self._call(prompt, plan_of(options))

    def _call(self, prompt: Any, plan: Plan) -> Any:
        prompts, single = batch_of(prompt)
        jobs = self._jobs(prompts, plan)
        run = run_of(plan.sampler)
        results: list[list[Result[T]]] = []
        size = max(1, plan.batch_size // plan.n)
        for first in range(0, len(jobs), size):
            chunk = jobs[first : first + size]
            results += [self._by_sampler(run, job, plan) for job in chunk] if run is not None else self._decode(chunk, plan)
        shaped: list[Any] = [texts[0] if plan.n == 1 else texts for texts in results]
        return shaped[0] if single else shaped

    def _jobs(self, prompts: Sequence[str | Chat], plan: Plan) -> list[_Job]:
        if self._per_prompt and len(prompts) != len(self._tasks):
            raise OptionError("constraints", f"a list of {len(self._tasks)}", f"one per prompt: there are {len(prompts)} prompts")
        tasks = self._tasks if self._per_prompt else self._tasks * len(prompts)
        return [_Job(self.model, task, prompt, plan, self._in_prompt) for task, prompt in zip(tasks, prompts)]

    def _row(self, job: _Job, plan: Plan, sample: int, again: Row | None = None) -> Row:
        """Begin text number ``sample`` of a job, or begin one anew that was refused."""
        stream = plan.sampling.stream(sample) if again is None else again.stream
        return Row(
            job.constraint, job.budget, plan.on_truncation == "close", stream, plan.logprobs,
            jump=plan.jump, stops=plan.stops, traced=plan.trace, spell=self.model.spell, refusals=None if again is None else again.refusals,
        )  # fmt: skip

    def _decode(self, jobs: list[_Job], plan: Plan) -> list[list[Result[T]]]:
        """Write the texts of some jobs together; those that a type's validators refuse are written again."""
        rows = [self._row(job, plan, sample) for job in jobs for sample in range(plan.n)]
        clocks = [Clock()] * len(rows)
        self._drive([job.ids for job in jobs], rows, plan, plan.sampling, clocks[0])
        results = [self._result(row, jobs[r // plan.n], plan, clocks[r]) for r, row in enumerate(rows)]
        for _ in range(1, plan.attempts):
            again = [r for r, row in enumerate(rows) if _may_retry(row, results[r])]
            if not again:
                break
            clock = Clock()
            for r in again:
                rows[r] = self._row(jobs[r // plan.n], plan, r % plan.n, rows[r])
            self._drive([jobs[r // plan.n].ids for r in again], [rows[r] for r in again], plan, plan.sampling.again, clock)
            for r in again:
                results[r] = self._result(rows[r], jobs[r // plan.n], plan, clock)
        return [results[r : r + plan.n] for r in range(0, len(results), plan.n)]

    def _drive(self, prompts: list[list[int]], rows: list[Row], plan: Plan, sampling: Sampling, clock: Clock) -> None:
        for _ in decode(self.model, prompts, rows, sampling, clock):
            if plan.cancelled:
                raise asyncio.CancelledError

    def _by_sampler(self, run: Any, job: _Job, plan: Plan) -> list[Result[T]]:
        if job.healed or plan.stops or plan.logprobs is not None or plan.trace:
            raise OptionError("sampler", plan.sampler, '"masked" beside heal, stop, logprobs or trace')
        if plan.jump == "bytes" or plan.decodes_specially:
            expected = '"masked" beside jump="bytes", attempts or batch_size: samplers have options of their own'
            raise OptionError("sampler", plan.sampler, expected)
        reader = job.task.reader
        request = Request(
            self.model, job.constraint, tuple(job.ids), plan.n, job.budget, plan.sampling, closing=plan.on_truncation == "close",
            takes=reader.takes if reader.may_refuse else None,
        )  # fmt: skip
        texts = run(request)
        if not isinstance(texts, Sequence) or len(texts) != plan.n or not all(isinstance(one, Written) for one in texts):
            raise OptionError("sampler", plan.sampler, f"a function that returns a list of n={plan.n} Written texts")
        return [self._of_sampler(written, job, plan) for written in texts]

    def _of_sampler(self, written: Written, job: _Job, plan: Plan) -> Result[T]:
        row = Row(job.constraint, job.budget, False, None)
        row.tokens, row.data = list(written.tokens), bytearray(job.constraint.vocab.decode(written.tokens))
        row.finish_reason = written.finish_reason
        return self._result(row, job, plan, Clock(), written.weight, written.report)

    def stream(self, prompt: str | Chat, **options: Unpack[Decoding]) -> Iterator[Event[T]]:
        """Write one text and yield an `Event` whenever characters were added; the last one carries the `Result`.

        Takes the arguments of a call, but for ``n``, ``attempts``, ``sampler`` and ``batch_size``. Arguments are checked before the
        first event.
        """
        for name in ("n", "attempts", "sampler", "batch_size"):
            if name in options:
                raise OptionError(name, options[name], "nothing: a stream writes one text, once")  # type: ignore
        plan = plan_of(options)
        prompts, single = batch_of(prompt)
        if not single:
            raise OptionError("prompt", prompt, "one prompt: a stream writes one text")
        return self._events(self._jobs(prompts, plan)[0], plan)

    def _events(self, job: _Job, plan: Plan) -> Iterator[Event[T]]:
        row, clock = self._row(job, plan, 0), Clock()
        characters = codecs.getincrementaldecoder("utf-8")("replace")
        text, shown = "", len(job.healed)
        for _ in decode(self.model, [job.ids], [row], plan.sampling, clock):
            if row.cut is not None or plan.cancelled:
                break
            until = max(shown, len(row.data) - _held_back(row.data, plan.stops))
            delta = characters.decode(bytes(row.data[shown:until]))
            shown = until
            if delta:
                text += delta
                yield Event(delta, text, job.task.reader.partial(text))
        if plan.cancelled:
            return
        result = self._result(row, job, plan, clock)
        partial = result.value if result.complete and result._rejected is None else job.task.reader.partial(result.text)
        yield Event(result.text[len(text) :], result.text, partial, result)

    async def agenerate(self, prompt: Any, **options: Any) -> Any:
        """Call the generator in a thread. Cancelling the task ends the decoding at the next token."""
        plan = plan_of(options)
        try:
            return await asyncio.to_thread(self._call, prompt, plan)
        finally:
            plan.cancelled = True

    async def astream(self, prompt: str | Chat, **options: Unpack[Decoding]) -> AsyncIterator[Event[T]]:
        """`stream` for asyncio: the decoding of each event runs in a thread; nothing is written ahead of what was asked for."""
        events = self.stream(prompt, **options)
        while (event := await asyncio.to_thread(next, events, None)) is not None:
            yield event

    def _result(
        self, row: Row, job: _Job, plan: Plan, clock: Clock, weight: float | None = None, sampling: SamplingReport | None = None
    ) -> Result[T]:
        assert row.finish_reason is not None
        complete = row.finish_reason in COMPLETE
        data = bytes(row.data[len(job.healed) : row.cut])
        text = data.decode("utf-8", "strict" if complete and not getattr(job.constraint, "open_ended", False) else "replace")
        if row.finish_reason == "length" and plan.on_truncation == "raise":
            raise TruncatedOutput(text)
        found: dict[str, Any] = {}
        if complete:
            try:
                reading = job.task.reader.read_written(text, lambda: _spelled(row, job, text))
                found = {name: getattr(reading, name) for name in ("reasoning", "tool_calls", "captures")} | {"_value": reading.value}
            except ValueRejected as error:
                found = {"_rejected": error}
        return Result(
            text=text,
            finish_reason=row.finish_reason,
            token_ids=tuple(row.tokens),
            usage=Usage(len(job.ids), len(row.tokens), row.num_forced),
            logprobs=tuple(row.logprobs) if plan.logprobs is not None else None,
            trace=Trace(tuple(row.steps), clock) if row.steps is not None else None,
            weight=weight,
            sampling=sampling,
            **found,
        )

    def __repr__(self) -> str:
        if self._per_prompt:
            return f"Generator(constraints for {len(self._tasks)} prompts, {self.model!r})"
        return f"Generator({self.constraint!r}, {self.model!r})"


def _spelled(row: Row, job: _Job, text: str) -> bytes:
    """Return the text as bytes with special tokens in it; a text that was cut has none at its end to lose."""
    if row.cut is not None:
        return text.encode("utf-8", "surrogateescape")
    return bytes(job.task.constraint.spell(row.tokens))[len(job.healed) :]


def _may_retry(row: Row, result: Result[Any]) -> bool:
    """Refuse a text that its reader rejected; tell whether another may be written."""
    rejected = result._rejected is not None or (row.refusals is not None and not result.complete)
    if not rejected or row.cut is not None or row.stream is None:
        return False
    row.refusals = row.refusals or Refusals()
    return row.refusals.refuse(row.constraint, row.tokens, result.complete)


def _held_back(data: bytearray, stops: Sequence[bytes]) -> int:
    """Return the length of the longest end of ``data`` that could begin a stop string."""
    longest = 0
    for stop in stops:
        for length in range(min(len(stop) - 1, len(data)), longest, -1):
            if data.endswith(stop[:length]):
                longest = length
                break
    return longest
