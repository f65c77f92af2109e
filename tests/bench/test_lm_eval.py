"""JSONSchemaBench through lm-evaluation-harness, from local files (``make test-lm-eval``)."""

import json
from types import SimpleNamespace

import pytest

from maskwright.bench.__main__ import main
from maskwright.bench.datasets import dataset_cases
from maskwright.bench.lm_eval import write_tasks
from maskwright.bench.lm_eval_tasks.metrics import json_validity, schema_compliance
from maskwright.errors import MaskwrightError

SCHEMAS = {"A---1": {"enum": ["yes", "no"]}, "A---2": {"type": "integer", "minimum": 5, "maximum": 99}, "B---1": {"type": "boolean"}}


@pytest.fixture
def data(tmp_path):
    for name, schema in SCHEMAS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"schema": schema, "tests": []}))
    return tmp_path


def test_metrics():
    pytest.importorskip("jsonschema", reason="outputs are validated with jsonschema (extra dev)")
    assert json_validity([""], ["{} "]) == 1
    assert json_validity([""], ["```{}```"]) == 0
    assert schema_compliance(['{"multipleOf": 0.01}'], ["4.35"]) == 1
    assert schema_compliance(['{"multipleOf": 0.01}'], ["4.355"]) == 0
    assert schema_compliance(['{"type": 3}'], ["4"]) == 0


def test_a_task_per_split(data, tmp_path):
    assert write_tasks(dataset_cases(data), tmp_path / "tasks") == ["jsonschemabench_a", "jsonschemabench_b"]
    lines = (tmp_path / "tasks" / "jsonschemabench_a.jsonl").read_text().splitlines()
    assert {row["unique_id"]: json.loads(row["json_schema"]) for row in map(json.loads, lines)} == {
        name: schema for name, schema in SCHEMAS.items() if name.startswith("A")
    }


def test_without_lm_eval_the_extra_is_named(data, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lm_eval", None)
    assert main(["lm-eval", str(data), "--out", str(data / "out")]) == 2
    assert "maskwright[lm-eval]" in capsys.readouterr().err


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")  # the harness's and its libraries' own
def test_end_to_end(data, capsys, monkeypatch):
    """Every output conforms under the constraint; that of B is one of two words."""
    pytest.importorskip("lm_eval", reason="needs lm-evaluation-harness (extra lm-eval)")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(data / "cache"))
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    out = data / "out"
    assert main(["lm-eval", str(data), "--max-tokens", "30", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    for name in ("a", "b"):
        assert f"| jsonschemabench_{name} | 100.00 % | 100.00 % |" in printed
    results = json.loads((out / "results.json").read_text())
    assert results["jsonschemabench_a"]["schema_compliance,none"] == 1


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_the_model(data):
    pytest.importorskip("lm_eval", reason="needs lm-evaluation-harness (extra lm-eval)")
    from maskwright.bench.lm_eval_model import MaskwrightLM

    def ask(schema, prompt="Answer:", **settings):
        return SimpleNamespace(args=(prompt, settings), doc={"json_schema": schema}, task_name="t")

    model = MaskwrightLM()
    assert model.generate_until([ask('{"const": "x"}'), ask({"const": 7}, max_gen_toks=5)], disable_tqdm=True) == ['"x"', "7"]
    assert model.generate_until([ask('{"type": "nothing"}')], disable_tqdm=True) == [""]
    assert isinstance(MaskwrightLM(constrained=False, max_tokens=4).generate_until([ask("{}")], disable_tqdm=True)[0], str)
    with pytest.raises(MaskwrightError, match="generate_until"):
        model.loglikelihood([])
    with pytest.raises(MaskwrightError, match="json_schema"):
        model.generate_until([SimpleNamespace(args=("", {}), doc={}, task_name="t")], disable_tqdm=True)
    with pytest.raises(MaskwrightError, match="the folder of a transformers model"):
        MaskwrightLM("no-such-folder")
