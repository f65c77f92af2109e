"""The command line: data on stdout, everything else on stderr, exit codes, no traceback."""

import io
import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("typer", reason="typer is not installed")
pytest.importorskip("tokenizers", reason="tokenizers is not installed")

from maskwright.cli import main

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    pieces = ["</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("</s>", special=True)])
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "</s>", "tokenizer_class": "PreTrainedTokenizerFast"}))
    return str(folder)


@pytest.fixture
def schema_file(tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return str(path)


@pytest.fixture
def run(capsys, tokenizer_file):
    """Run a command and return (exit code, stdout, stderr)."""

    def run(command, *arguments):
        code = main([command, *arguments, "--tokenizer", tokenizer_file])
        out, err = capsys.readouterr()
        return code, out, "".join(line for line in err.splitlines(True) if not line.startswith("maskwright: compiling"))

    return run


def test_version(capsys):
    import maskwright

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"maskwright {maskwright.__version__}\n"


def test_check_reports_every_keyword(run, schema_file):
    code, out, err = run("check", schema_file, "--format", "json")
    record = json.loads(out)
    assert (code, err, record["ok"], record["kind"]) == (0, "", True, "schema")
    assert {"pointer", "keyword", "status", "reason"} == set(record["items"][0])
    code, out, _ = run("check", schema_file, "--format", "md")
    assert code == 0
    assert out.startswith("| pointer | keyword | status | reason |\n| --- |")
    code, out, _ = run("check", schema_file)
    assert out.startswith("pointer\tkeyword\tstatus\treason\n")


@pytest.mark.parametrize(
    ("schema", "code_of_error"),
    [('{"type": "strng"}', "MW110"), ('{"type": ', "MW110"), ('{"allOf": [{"type": "string"}, {"type": "null"}]}', "MW150")],
)
def test_check_of_a_bad_schema(run, tmp_path, schema, code_of_error):
    path = tmp_path / "bad.json"
    path.write_text(schema)
    code, out, err = run("check", str(path))
    assert (code, out) == (1, "")
    assert err.startswith(f"error[{code_of_error}]: ")
    assert "Traceback" not in err
    code, out, err = run("check", str(path), "--format", "json")
    assert (code, err) == (1, "")
    assert json.loads(out)["error"]["code"] == code_of_error


def test_trace_of_a_sentence(run, schema_file):
    text = '{"name": "Ann", "age": 31}'
    code, out, err = run("trace", text, "--schema", schema_file, "--format", "json")
    record = json.loads(out)
    assert (code, err, record["accepted"]) == (0, "", True)
    assert "".join(step["token"] for step in record["steps"]) == text
    assert all(step["ok"] for step in record["steps"])
    code, out, _ = run("trace", text, "--schema", schema_file)
    assert code == 0
    assert out.endswith("accepted\n")


def test_trace_says_where_a_text_leaves_the_language(run, schema_file):
    text = '{"name": "Ann", "age": "old"}'
    code, out, _ = run("trace", text, "--schema", schema_file, "--format", "json")
    record = json.loads(out)
    assert (code, record["accepted"], record["position"]) == (1, False, text.index('"old"'))
    assert not record["steps"][-1]["ok"]
    code, out, _ = run("trace", text, "--schema", schema_file, "--format", "md")
    assert code == 1
    assert f"rejected at byte {text.index(chr(34) + 'old')}" in out


def test_trace_of_an_unfinished_text(run):
    code, out, _ = run("trace", "ye", "--choice", "yes", "--choice", "no")
    assert code == 1
    assert "incomplete after 2 bytes" in out


def test_a_trace_as_a_page(run, tmp_path):
    page = tmp_path / "trace.html"
    assert run("trace", "ye", "--choice", "yes", "--html", str(page))[0] == 1
    assert page.read_text().startswith("<!doctype html>")
    assert "incomplete after 2 bytes" in page.read_text()


def test_files_that_cannot_be_read_are_named_in_plain_words(run, tmp_path):
    assert run("check", str(tmp_path / "none.json"))[2] == f"error: {tmp_path / 'none.json'}: no such file or directory\n"
    (tmp_path / "latin.json").write_bytes(b'{"title": "\xe9"}')
    assert run("check", str(tmp_path / "latin.json"))[2] == "error: the input is no UTF-8 text: byte 11 is 0xe9\n"


def test_a_keyword_that_is_nearly_one_is_pointed_out(run, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text('{"type": "object", "propertes": {}}')
    assert "did you mean 'properties'?" in run("check", str(path))[1]


def test_trace_reads_stdin(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("2024\n"))
    assert run("trace", "--regex", "[0-9]{4}")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["trace", "x"],
        ["trace", "x", "--regex", "a", "--choice", "b"],
        ["trace", "x", "--schema", "/no/such/file"],
        ["trace", "--schema", "-"],
        ["trace", "x", "--regex", "a", "--format", "xml"],
        ["check", "/no/such/file"],
        ["generate", "x"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_a_question_that_cannot_be_asked(capsys, arguments):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert "Traceback" not in captured.err


def test_a_missing_tokenizer_is_named(capsys):
    assert main(["trace", "x", "--regex", "x", "--tokenizer", "/no/such/folder"]) == 2
    assert "/no/such/folder" in capsys.readouterr().err


def test_generate_with_a_model_of_ones_own(capsys, tmp_path, schema_file):
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tests.integrations.conftest import make_model, make_tokenizer

    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(tmp_path / "model")
    make_model(tokenizer).save_pretrained(tmp_path / "model")
    arguments = ["generate", "Ann is 31.", "--schema", schema_file, "--model", str(tmp_path / "model"), "--max-tokens", "60"]
    capsys.readouterr()
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert set(json.loads(text)) >= {"name", "age"}
    assert main([*arguments, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["text"] + "\n" == text
    assert record["value"] == json.loads(text)
    assert main([*arguments[:-1], "2"]) == 1
    assert "MW430" in capsys.readouterr().err


def test_no_color_is_honoured_and_python_dash_m_works():
    env = {**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "1"}
    done = subprocess.run([sys.executable, "-m", "maskwright", "trace", "x"], capture_output=True, text=True, env=env)
    assert done.returncode == 2
    assert done.stderr.startswith("error[MW200]")
    assert "\x1b[3" not in done.stderr


def test_a_trace_loads_no_model_library(tokenizer_file):
    command = ["trace", "ab", "--regex", "a+b", "--tokenizer", tokenizer_file]
    code = f"import sys; from maskwright.cli import main; code = main({command!r}); print('torch' in sys.modules); sys.exit(code)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.endswith("accepted\nFalse\n")


def test_without_typer_the_missing_package_is_named():
    code = "import sys; sys.modules['typer'] = None; from maskwright.cli import main; sys.exit(main(['--version']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install 'maskwright[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_cache_is_listed_and_cleared_but_for_strange_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MASKWRIGHT_CACHE_DIR", str(tmp_path))
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / "abc.arrays").write_bytes(b"12345")
    (tmp_path / "vocabulary" / ".abc.arrays-x1.part").write_bytes(b"1")
    (tmp_path / "kernels-0123").touch()
    (tmp_path / "notes.txt").touch()
    assert main(["cache", "info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["folder"] == str(tmp_path)
    assert found["kinds"]["kernels"]["entries"] >= 1
    assert found["kinds"]["vocabulary"] == {"entries": 2, "bytes": 6}
    assert main(["cache", "clear"]) == 0
    assert "3 files removed" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["notes.txt"]
    monkeypatch.setenv("MASKWRIGHT_CACHE_DIR", "")
    assert main(["cache", "info"]) == 0
    assert "off" in capsys.readouterr().out


def test_trace_of_a_grammar(run, tmp_path):
    path = tmp_path / "yes.gbnf"
    path.write_text('root ::= "yes" | "no" root\n')
    assert run("trace", "nonoyes", "--grammar", str(path))[0] == 0
    code, out, _ = run("trace", "noyes!", "--grammar", str(path), "--syntax", "ebnf")
    assert code == 1
    assert "rejected at byte 5" in out
    path.write_text("root ::= x")
    code, _, err = run("trace", "x", "--grammar", str(path))
    assert code == 1
    assert "[MW130]: rule 'x' is not defined in GBNF (line 1, column 10)" in err
    assert run("trace", "x", "--regex", "x", "--syntax", "gbnf")[0] == 2


def test_a_full_disk_and_no_stdin_are_told(schema_file, tokenizer_file):
    command = [sys.executable, "-m", "maskwright", "check", schema_file, "--tokenizer", tokenizer_file]
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 2
        assert done.stderr.strip() == "error: no space left on device"
    command = f"'{sys.executable}' -m maskwright check - --tokenizer '{tokenizer_file}' <&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == 2
    assert "MW200" in done.stderr
    assert "Traceback" not in done.stderr


def test_bytes_that_are_no_text_are_traced_as_they_are(capsys, tokenizer_file):
    assert main(["trace", "\udcff", "--regex", ".", "--tokenizer", tokenizer_file]) == 1
    assert "rejected at byte 0" in capsys.readouterr().out
