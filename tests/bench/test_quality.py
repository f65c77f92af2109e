"""Tasks with known answers and the paired comparison of two systems on them."""

import json
import math
import random

import pytest

from maskwright.bench.paired import compare, mcnemar
from maskwright.bench.quality import quality_blocks
from maskwright.bench.results_file import Results
from maskwright.bench.tasks import Task, answer_in, extraction_tasks, file_tasks, form, normal
from maskwright.errors import OptionError


def test_mcnemar_against_counting():
    """The p value is the share of equally likely outcomes at least as uneven."""
    for gained in range(7):
        for lost in range(7):
            n = gained + lost
            uneven = sum(math.comb(n, k) for k in range(n + 1) if abs(2 * k - n) >= abs(gained - lost))
            assert mcnemar(gained, lost) == pytest.approx(uneven / 2**n)


def test_intervals_cover():
    """The 95 % interval holds the true difference in most of many experiments."""
    draw = random.Random(4)
    held = 0
    for _ in range(60):
        pairs = [(draw.random() < 0.6, draw.random() < 0.5) for _ in range(120)]
        pair = compare([a for a, _ in pairs], [b for _, b in pairs])
        assert pair.low <= pair.difference <= pair.high
        held += pair.low <= 0.1 <= pair.high
    assert held >= 52


def test_extraction_tasks_are_seeded_and_scored_by_field():
    tasks = extraction_tasks(6, seed=2, max_tokens=50, embedded=True)
    again = extraction_tasks(6, seed=2, max_tokens=50, embedded=True)
    assert [task.prompt for task in tasks] == [task.prompt for task in again]
    assert [task.prompt for task in tasks] != [task.prompt for task in extraction_tasks(6, seed=3, max_tokens=50, embedded=True)]
    chat = extraction_tasks(6, seed=2, max_tokens=50, embedded=False)
    for task, other in zip(tasks, chat):
        assert "<|schema|>" in task.prompt
        assert "<|schema|>" not in other.prompt
        assert json.dumps(task.schema, ensure_ascii=False) in other.prompt
        assert task.score("not JSON", True) == 0
        assert task.request()["op"] == "generate"


@pytest.mark.parametrize(
    ("style", "line", "right", "wrong"),
    [
        ("gsm8k", {"question": "1000+200?", "answer": "so #### 1,200"}, ['{"answer": 1200}', "The answer is 1,200.00"], "1201"),
        ("letters", {"input": "Last letters of Ab Cd?", "target": "bd"}, ['{"answer": "bd"}', "Answer: BD."], '{"answer": "db"}'),
        ("objects", {"input": "(A) x (B) y", "target": "(B)"}, ['{"answer": "(B)"}', "the answer is B"], '{"answer": "(A)"}'),
    ],
)
def test_tasks_from_files(tmp_path, style, line, right, wrong):
    file = tmp_path / "tasks.jsonl"
    file.write_text(json.dumps(line) + "\n\n" + json.dumps(line) + "\n")
    tasks = file_tasks(f"{style}={file}", 100, None)
    assert len(tasks) == 2
    assert len(file_tasks(f"{style}={file}", 100, 1)) == 1
    assert line.get("question", line.get("input")) in tasks[0].prompt
    assert [tasks[0].score(text, True) for text in right] == [1, 1]
    assert tasks[0].score(wrong, True) == 0
    assert tasks[0].score("", True) == 0


def test_the_forms_admit_the_answers():
    jsonschema = pytest.importorskip("jsonschema", reason="answers are validated with jsonschema (extra dev)")
    for style, answer in (("gsm8k", 1.5), ("letters", "yd"), ("objects", "(C)")):
        schema, _ = form(style)
        validator = jsonschema.Draft202012Validator(schema)
        assert validator.is_valid({"reasoning": "", "answer": answer})
        assert not validator.is_valid({"reasoning": "", "answer": []})
        assert normal(str(answer), style) == str(answer)


def test_answers_are_found_in_free_text():
    assert answer_in('{"answer": 1} or rather {"x": {}, "answer": 2}.') == "2"
    assert answer_in('{"answer": {"answer": 3') == '{"answer": 3'[11:]


@pytest.mark.parametrize("spec", ["gsm8k", "other=x", "gsm8k=no-such-file"])
def test_unusable_task_files(spec):
    with pytest.raises(OptionError, match="STYLE=FILE"):
        file_tasks(spec, 10, None)


def test_a_line_without_an_answer_is_refused(tmp_path):
    file = tmp_path / "tasks.jsonl"
    file.write_text('{"question": "?"}\n')
    with pytest.raises(OptionError, match="line 1"):
        file_tasks(f"gsm8k={file}", 10, None)


def test_comparison_with_none():
    """Four prompts: one gained, one lost in a cut output, one closed in time, one without a row."""
    tasks = [Task(f"t{n}", "g", "", {}, False, 9, lambda text, ended: float(ended and text == "yes")) for n in range(4)]
    results = Results(None, {})

    def add(engine, name, text, finish="stop", **more):
        results.add({"engine": engine, "id": name, "text": text, "finish": finish, **more})

    add("e", "t0", "yes")
    add("none", "t0", "no")
    add("e", "t1", "yes", "length")
    add("none", "t1", "yes")
    add("e", "t2", "ye", "length", closed={"text": "yes", "finish": "stop"})
    add("none", "t2", "no")
    add("none", "t3", "yes")
    blocks, data = quality_blocks(tasks, results, ["e", "none"])
    assert "| g | e | 3 | 66.7 % | 66.7 % | 66.7 % |" in blocks[0]
    assert "| g | none | 4 | 50.0 % | 50.0 % | 100.0 % |" in blocks[0]
    assert data["g"]["e"]["gained"] == 2
    assert data["g"]["e"]["lost"] == 1
    assert "| g | e | 3 | 2 | 1 | +33.3 points |" in blocks[1]
