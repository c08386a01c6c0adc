"""The listening test: hidden, shuffled, answered in a real browser."""

from __future__ import annotations

import json
import time

import pytest
from tests.evaluate.chromium import Browser, find

from xtalker.evaluate.study import QUESTIONS, make_study, page
from xtalker.evaluate.study_answers import analyse, read_answers, read_key
from xtalker.values import InputError, OutputError


def _videos(tmp_path, names, clips=("hello", "world")):
    folders = []
    for name in names:
        folder = tmp_path / "systems" / name
        folder.mkdir(parents=True)
        for clip in clips:
            (folder / f"{clip}.mp4").write_bytes(f"{name} {clip}".encode())
        folders.append(folder)
    return folders


def test_the_folder_hides_whose_videos_they_are(tmp_path):
    study = make_study(tmp_path / "test", _videos(tmp_path, ["ours", "theirs"]))
    text = study.page.read_text()
    files = sorted((tmp_path / "test").rglob("*.mp4"))
    assert len(files) == 4
    for word in ("ours", "theirs", "hello", "world"):
        assert word not in text.split("const PLAN")[1].splitlines()[0]
        assert not any(word in path.name for path in files)
    assert "http" not in text and "/*PLAN*/" not in text
    assert not list((tmp_path / "test").rglob("*key*"))


def test_the_key_leads_back(tmp_path):
    study = make_study(tmp_path / "test", _videos(tmp_path, ["a", "b", "c"]))
    key = read_key(study.key)
    plan = json.loads(study.key.read_text())["clips"]
    for clip, videos in key.videos.items():
        for file, place in videos.items():
            content = (tmp_path / "test/videos" / file).read_text()
            assert content == f"{key.systems[place]} {plan[clip]['name']}"


def test_the_same_seed_hides_alike(tmp_path):
    folders = _videos(tmp_path, ["a", "b"])
    one, two, other = (make_study(tmp_path / str(n), folders, seed=seed) for n, seed in enumerate((0, 0, 1)))
    assert one.key.read_text() == two.key.read_text() != other.key.read_text()


def test_only_common_clips_take_part(tmp_path):
    folders = _videos(tmp_path, ["a", "b"])
    (folders[0] / "world.mp4").unlink()
    assert make_study(tmp_path / "test", folders).clips == ("hello",)


@pytest.mark.parametrize(
    ("names", "clips", "text"),
    [(["a"], ["x"], "told apart: received 1 folders"), (["a", "b"], [], "no clip is there of every system")],
)
def test_what_makes_no_test_is_refused_and_leaves_nothing(tmp_path, names, clips, text):
    folders = _videos(tmp_path, names, clips)
    with pytest.raises(InputError, match=text):
        make_study(tmp_path / "test", folders)
    assert [path.name for path in tmp_path.iterdir()] == ["systems"]


def test_a_study_is_never_replaced(tmp_path):
    folders = _videos(tmp_path, ["a", "b"])
    make_study(tmp_path / "test", folders)
    with pytest.raises(OutputError, match="something is there already"):
        make_study(tmp_path / "test", folders)


def test_a_plan_cannot_end_the_script():
    assert "</script><b>" not in page({"study": "</script><b>"})


@pytest.fixture
def browser(tmp_path):
    if find() is None:
        pytest.skip("no Chromium: the page of the listening test is not driven")
    with Browser(tmp_path / "profile") as found:
        yield found


def _answer(browser, tmp_path, study, choose):
    """Begin, answer every clip by `choose`, save; returns the saved file."""
    saved = tmp_path / "saved"
    saved.mkdir()
    browser.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(saved))
    browser.open(study.page)
    browser.run("document.getElementById('rater').value = 'R 1'; document.getElementById('begin').click()")
    for number in range(len(study.clips)):
        assert browser.run("document.getElementById('progress').textContent").startswith(f"Clip {number + 1} of")
        browser.run("document.getElementById('next').click()")
        assert browser.run("document.getElementById('fault').textContent") == "Please answer every question."
        shown = browser.run("[...document.querySelectorAll('video')].map((v) => v.getAttribute('src').slice(7))")
        for question in QUESTIONS:
            browser.run(choose(question, shown))
        browser.run("document.getElementById('next').click()")
    assert browser.run("document.getElementById('end').hidden") is False
    browser.run("document.getElementById('save').click()")
    return _wait_for(saved / "answers-R_1.json")


def _wait_for(path):
    end = time.monotonic() + 30
    while not path.is_file():
        assert time.monotonic() < end, "no answers were saved"
        time.sleep(0.05)
    return path


def test_a_pair_is_answered_in_a_browser_and_analysed(browser, tmp_path):
    study = make_study(tmp_path / "test", _videos(tmp_path, ["good", "bad"], ["one", "two", "three"]))
    key = read_key(study.key)
    owner = {file: key.systems[place] for files in key.videos.values() for file, place in files.items()}

    def choose(question, shown):
        best = "same" if question == "emotion" else str([owner[file] for file in shown].index("good"))
        return f"document.querySelector('input[name={question}][value=\"{best}\"]').checked = true"

    answers = read_answers([_answer(browser, tmp_path, study, choose)])
    assert len(answers[0]["answers"]) == 3
    found = analyse(key, answers)["questions"]
    assert found["lips"]["systems"]["good"]["mean_rank"] == 1
    assert found["lips"]["systems"]["bad"]["mean_rank"] == 2
    assert found["emotion"]["systems"]["bad"]["mean_rank"] == 1.5
    assert found["lips"]["systems"]["good"]["bradley_terry"] > 1


def test_three_are_ranked_in_a_browser(browser, tmp_path):
    study = make_study(tmp_path / "test", _videos(tmp_path, ["a", "b", "c"], ["one"]))
    key = read_key(study.key)
    place = {file: place for files in key.videos.values() for file, place in files.items()}

    def choose(question, shown):
        return ";".join(
            f"document.querySelector('select[name={question}-{i}]').value = '{place[file] + 1}'"
            for i, file in enumerate(shown)
        )

    found = analyse(key, read_answers([_answer(browser, tmp_path, study, choose)]))
    assert [found["questions"]["identity"]["systems"][s]["mean_rank"] for s in key.systems] == [1, 2, 3]


def test_raters_see_other_orders(browser, tmp_path):
    clips = [f"clip{i}" for i in range(12)]
    study = make_study(tmp_path / "test", _videos(tmp_path, ["a", "b"], clips))
    orders = []
    for rater in "xyz":
        browser.open(study.page)
        browser.run(f"document.getElementById('rater').value = '{rater}'; document.getElementById('begin').click()")
        orders.append(browser.run("JSON.stringify(state.order)"))
    assert len(set(orders)) == 3
    flat = [sorted(f for t in json.loads(order) for f in t["videos"]) for order in orders]
    assert flat[0] == flat[1] == flat[2]
