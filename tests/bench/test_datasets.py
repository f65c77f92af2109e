"""Every layout of a dataset gives the same cases; splits are chosen by name."""

import json

import pytest

from maskwright.bench.datasets import dataset_cases, json_rows, read_file
from maskwright.errors import MissingDependencyError, OptionError

SCHEMAS = {"Github_easy---o1": {"type": "object"}, "Github_easy---o2": {"type": "array"}, "Snowplow---s1": {"enum": [1]}}
TESTS = [{"description": "", "data": {}, "valid": True}]


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def labelled(root):
    for name, schema in SCHEMAS.items():
        put(root / f"{name}.json", {"schema": schema, "tests": TESTS, "meta": {}})


def checkout(root):
    """Both halves: one schema in both, one in each."""
    put(root / "data" / "Github_easy" / "o1.json", SCHEMAS["Github_easy---o1"])
    put(root / "data" / "Github_easy" / "o2.json", SCHEMAS["Github_easy---o2"])
    for name in ("Github_easy---o1", "Snowplow---s1"):
        put(root / "maskbench" / "data" / f"{name}.json", {"schema": SCHEMAS[name], "tests": TESTS})


def lines(root):
    """As the Hub has it: a folder per config, the schema as text."""
    for split in ("Github_easy", "Snowplow"):
        rows = [{"json_schema": json.dumps(v), "unique_id": k} for k, v in SCHEMAS.items() if k.startswith(split)]
        put(root / split / "test-00000-of-00001.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    put(root / "default" / "all.jsonl", "\n".join(json.dumps({"json_schema": v, "unique_id": k}) for k, v in SCHEMAS.items()))


def folders(root):
    for name, schema in SCHEMAS.items():
        split, _, stem = name.partition("---")
        put(root / split / f"{stem}.json", schema)


def ours(root):
    labelled(root / "maskbench")


LAYOUTS = {layout.__name__: layout for layout in (labelled, ours, checkout, lines, folders)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path, layout):
    LAYOUTS[layout](tmp_path)
    cases = dataset_cases(tmp_path)
    assert {case.id: case.load()[0] for case in cases} == SCHEMAS
    assert {case.group for case in cases} == {"Github_easy", "Snowplow"}
    assert [case.id for case in dataset_cases(tmp_path, "snowPLOW")] == ["Snowplow---s1"]
    assert len(dataset_cases(tmp_path, "Github_*,Snowplow", 2, seed=1)) == 2
    with pytest.raises(OptionError, match="one of Github_easy, Snowplow"):
        dataset_cases(tmp_path, "Kubernetes")


def test_a_checkout_prefers_the_labelled_half(tmp_path):
    checkout(tmp_path)
    cases = {case.id: case for case in dataset_cases(tmp_path)}
    assert cases["Github_easy---o1"].load()[1] == [{"data": {}, "valid": True}]
    assert cases["Github_easy---o2"].load()[1] == []
    assert cases["Github_easy---o2"].source.endswith("/data/Github_easy/o2.json")
    assert cases["Snowplow---s1"].source.endswith("/maskbench/data/Snowplow---s1.json")


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="parquet datasets need pyarrow (extra parquet)")
    parquet = pytest.importorskip("pyarrow.parquet")
    for split in ("Github_easy", "Snowplow"):
        names = [name for name in SCHEMAS if name.startswith(split)]
        table = pyarrow.table({"json_schema": [json.dumps(SCHEMAS[name]) for name in names], "unique_id": names})
        (tmp_path / split).mkdir()
        parquet.write_table(table, tmp_path / split / "test-00000-of-00001.parquet")
    assert {case.id: case.load()[0] for case in dataset_cases(tmp_path)} == SCHEMAS


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match="parquet"):
        dataset_cases(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(OptionError, match="schema files"):
        dataset_cases(tmp_path)


def test_files_that_are_no_json_are_told_by_name(tmp_path):
    for name, content in (("a.json", b"{"), ("b.json", b"\xff\xfe\xfa"), ("c.json", b"[" * 100_000)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(OptionError, match=name):
            read_file(tmp_path / name)
    (tmp_path / "rows.jsonl").write_text('{"schema": {}}\n{')
    with pytest.raises(OptionError, match=r"rows\.jsonl, line 2"):
        list(json_rows(tmp_path / "rows.jsonl"))


def test_the_models_tokenizer_stands_in(tmp_path, monkeypatch):
    """Only where none was chosen and none lies beside the data."""
    from maskwright.bench.cases import tokenizer_folder

    monkeypatch.delenv("MASKWRIGHT_DATA", raising=False)
    data = tmp_path / "data"
    data.mkdir()
    assert tokenizer_folder(None, data, "the model's") == "the model's"
    assert tokenizer_folder("bytes", data, "the model's") is None
    with pytest.raises(OptionError, match="folder with"):
        tokenizer_folder(str(tmp_path / "nowhere"), data, "the model's")
    (tmp_path / "llama3").mkdir()
    (tmp_path / "llama3" / "tokenizer.json").write_text("{}")
    assert tokenizer_folder(None, data, "the model's") == str((tmp_path / "llama3").resolve())
