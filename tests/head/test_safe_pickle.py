"""Arrays come out of pickle files, and nothing in the files runs."""

import pickle
import struct
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csc_matrix
from tests.tiny.flame import python2_array, python2_object, python2_text

from xtalker.head.pickled_arrays import read_pickled_arrays
from xtalker.values import InputError

KIND = "FLAME file"


def _read(tmp_path: Path, data: bytes, names: tuple[str, ...] = ("a",)) -> dict[str, np.ndarray]:
    path = tmp_path / "model.pkl"
    path.write_bytes(data)
    return read_pickled_arrays(path, names, kind=KIND)


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_arrays_of_python_3_pickles_come_back(tmp_path: Path, protocol: int) -> None:
    random = np.random.default_rng(0)
    arrays = {
        "double": random.normal(size=(3, 4)),
        "single": random.normal(size=5).astype(np.float32),
        "columns": np.asfortranarray(random.normal(size=(2, 3, 4))),
        "integers": np.arange(6, dtype=np.uint32).reshape(2, 3),
        "big_endian": np.arange(3, dtype=">f8"),
        "empty": np.zeros((0, 3)),
        "flag": np.array([True, False]),
    }
    read = _read(tmp_path, pickle.dumps(arrays, protocol), tuple(arrays))
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype


@pytest.mark.parametrize("protocol", [2, 4])
def test_scipy_matrix_comes_back_dense(tmp_path: Path, protocol: int) -> None:
    dense = np.where(np.random.default_rng(1).random((5, 7)) < 0.4, 2.5, 0)
    read = _read(tmp_path, pickle.dumps({"a": csc_matrix(dense)}, protocol))
    np.testing.assert_array_equal(read["a"], dense)


@pytest.mark.parametrize("protocol", [2, 4])
def test_chumpy_object_gives_its_array(tmp_path: Path, protocol: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("chumpy.ch")
    module.Ch = type("Ch", (), {"__module__": "chumpy.ch"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    wrapped = module.Ch()
    wrapped.x, wrapped._dirty_vars = np.arange(4.0), None
    data = pickle.dumps({"a": wrapped}, protocol)
    monkeypatch.undo()
    assert "chumpy" not in sys.modules
    np.testing.assert_array_equal(_read(tmp_path, data)["a"], np.arange(4.0))


def test_python_2_array_comes_back(tmp_path: Path) -> None:
    array = np.asfortranarray(np.random.default_rng(2).normal(size=(4, 50)))
    data = b"\x80\x02}" + python2_text(b"a") + python2_array(array) + b"s."
    np.testing.assert_array_equal(_read(tmp_path, data)["a"], array)


def test_only_named_arrays_are_taken(tmp_path: Path) -> None:
    assert _read(tmp_path, pickle.dumps({"other": np.zeros(2), "text": "x"})) == {}


class _Runs:
    """Calls something when a real unpickler meets it."""

    def __init__(self, call: object, *arguments: object) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call, self.arguments


def _hostile(marker: Path) -> dict[str, bytes]:
    import os
    import subprocess

    touch = f"open({str(marker)!r}, 'w').close()"
    quoted = python2_text(touch.encode())
    return {
        "os.system": pickle.dumps(_Runs(os.system, f"touch {marker}"), 2),
        "subprocess": pickle.dumps(_Runs(subprocess.call, ["touch", str(marker)]), 4),
        "eval": pickle.dumps(_Runs(eval, touch), 2),
        "exec, protocol 0 names": b"c__builtin__\nexec\n(" + quoted + b"tR.",
        "eval, built by name": b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93" + quoted + b"\x85R.",
        "instance opcode": b"(" + quoted + b"i__builtin__\neval\n.",
        "object opcode": b"(c__builtin__\neval\n" + quoted + b"o.",
        "getattr of an allowed name": b"c__builtin__\ngetattr\n(cnumpy\nndarray\n" + python2_text(b"tofile") + b"tR.",
        "path through an allowed module": b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__init__\x93.",
        "name with an allowed beginning": b"cnumpy\ndtypes.os\n.",
        "module with an allowed beginning": b"cnumpy.testing\nrundocs\n.",
        "line break in a name": b"\x80\x04\x8c\x05numpy\x8c\x08dtype\nos\x93.",
        "import through chumpy": b"\x80\x04\x8c\x09chumpy.os\x8c\x0asys.system\x93.",
        "persistent name": b"Pos.system\n.",
        "extension": b"\x80\x02\x82\x01.",
    }


@pytest.mark.parametrize("case", sorted(_hostile(Path("marker"))))
def test_hostile_file_is_refused_and_runs_nothing(tmp_path: Path, case: str) -> None:
    marker = tmp_path / "it-ran"
    with pytest.raises(
        InputError, match=r"nothing in it was executed.*\((it names|instruction) .*accepted: a dictionary of numpy"
    ):
        _read(tmp_path, _hostile(marker)[case])
    assert not marker.exists()


def test_the_planted_code_would_run_in_an_ordinary_unpickler(tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    pickle.loads(_hostile(marker)["eval"])
    assert marker.exists()


def test_calling_an_allowed_name_with_odd_arguments_gives_no_array(tmp_path: Path) -> None:
    data = b"\x80\x02}" + python2_text(b"a") + b"c__builtin__\nobject\n)Rs."
    with pytest.raises(InputError, match=r"builtin__\.object in place of an array"):
        _read(tmp_path, data)


def _claiming(shape: bytes, dtype: bytes = b"f8") -> bytes:
    kind = b"cnumpy\ndtype\n" + python2_text(dtype) + b"K\x00K\x01\x87R(K\x03" + python2_text(b"<") + b"tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\n)R"
    state = b"(K\x01" + shape + kind + b"\x89" + python2_text(b"12345678") + b"t"
    return b"\x80\x02}" + python2_text(b"a") + made + state + b"bs."


_HOLDS_ITSELF = b"\x80\x02}U\x01acchumpy.ch\nCh\n)\x81q\x01}U\x01xh\x01sbs."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (_claiming(b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"), r"claims 3\d{19} bytes, 8 are there"),
        (_claiming(b"J\xff\xff\xff\xffJ\xff\xff\xff\xff\x86"), "claims 8 bytes, 8 are there"),
        (_claiming(b"K\x00\x85"), "claims 0 bytes, 8 are there"),
        (_claiming(b"K\x01\x85", b"O8"), "an array of type 'O8'"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"x.", "damaged FLAME file"),
        (b"\x80\x02T" + struct.pack("<i", -5) + b".", "damaged FLAME file"),
        (b"\x80\x02Nr\xff\xff\xff\xff.", "not a dictionary"),
        (b"\x80\x02}N" + b"\x85" * 1000 + b"Ns.", "neither text nor number"),
        (b"(" * 200_002, "more than 200000 instructions"),
        (pickle.dumps({"a": np.zeros(9)})[:-40], "damaged FLAME file"),
        (pickle.dumps([np.zeros(9)]), "not a dictionary"),
        (pickle.dumps({"a": [1, 2]}), "list in place of an array"),
        (pickle.dumps({"a": np.array([{}])}), "an array of type 'O8'"),
        (_HOLDS_ITSELF, "damaged"),
        (b"t.", "damaged"),
        (b".", "damaged"),
        (b"plain text, no pickle at all\n", "damaged FLAME file"),
    ],
)  # fmt: skip
def test_damaged_or_lying_file_is_refused(tmp_path: Path, data: bytes, text: str) -> None:
    with pytest.raises(InputError, match=text):
        _read(tmp_path, data)


def test_sparse_indices_outside_the_matrix_are_refused(tmp_path: Path) -> None:
    state = {
        "data": python2_array(np.ones(1)),
        "indices": python2_array(np.array([9], np.int32)),
        "indptr": python2_array(np.array([0, 1], np.int32)),
        "_shape": b"K\x02K\x01\x86",
    }
    matrix = python2_object("scipy.sparse.csc", "csc_matrix", state)
    with pytest.raises(InputError, match="indices leave it"):
        _read(tmp_path, b"\x80\x02}" + python2_text(b"a") + matrix + b"s.")


def test_oversized_file_is_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    with path.open("wb") as stream:
        stream.truncate((1 << 29) + 1)  # sparse: takes no disk
    with pytest.raises(InputError, match="too large"):
        read_pickled_arrays(path, ("a",), kind=KIND)


def test_missing_folder_and_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.pkl").touch()
    for name, found in (("none.pkl", "no such file"), ("", "a folder"), ("empty.pkl", "an empty file")):
        with pytest.raises(InputError, match=found):
            read_pickled_arrays(tmp_path / name, ("a",), kind=KIND)
