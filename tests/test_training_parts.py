from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInput
from models.windows import WindowSettings, cut_windows, find_marks
from tests.tiny import tokenizer
from training import duplicates
from training.batching import plan_batches
from training.calibration import best_threshold, fit_decisions, fit_stack, probabilities
from training.config import DataSettings, SummariesConfig, TopicsConfig, read_config
from training.cross_fitting import can_be_fitted, folds_of, stratified_folds
from training.describe import describe_rows, tell_near
from training.duplicates import COMMON, near_duplicate_groups, near_duplicates, near_pairs, shingles
from training.loop import LoopSettings, learning_rate
from training.pairs import encode_pairs
from training.vocabulary import count_pieces, prune_vocabulary

REPORT = (
    "青禾县总工会日前在河滨大桥工地开展送清凉活动，为三百二十名建筑工人送去绿豆汤、毛巾和防暑药品，并请医生现场量血压。"
)


def test_pruned_tokenizer_keeps_characters_and_renumbers() -> None:
    full = tokenizer()
    texts = ["工会开展活动", "工会举办竞赛", "职工服务平台"]
    counts = count_pieces(full, texts * 3)
    pruned = prune_vocabulary(full, counts, 50, min_char_count=1)
    small = pruned.tokenizer
    assert small.get_vocab_size() == len(pruned.kept) <= 50
    for text in texts:
        assert small.decode(small.encode(text).ids) == text
    for new, old in enumerate(pruned.kept):
        assert small.id_to_token(new) == full.id_to_token(old)
    assert small.encode("工会").ids[0] == small.token_to_id("<s>")


def test_pruning_refuses_what_cannot_work() -> None:
    with pytest.raises(BadInput, match="do not fit"):
        prune_vocabulary(tokenizer(), Counter(), 10)


def test_near_duplicates_are_found_and_others_not() -> None:
    reworded = REPORT.replace("日前", "7月12日").replace("绿豆汤、", "")
    other = "青禾县职工篮球赛昨日落幕，来自二十家企业的代表队参加了为期三天的角逐，县纺织厂队夺冠。"
    found = near_duplicates([reworded, other, REPORT[:30], ""], ["无关的一段话，只是放在这里。", REPORT])
    assert found == [0, 2]


def invented(count: int, seed: int) -> list[str]:
    """Texts of 40 to 120 random characters, each second one a reworked piece of an earlier one."""
    rng = random.Random(seed)
    texts: list[str] = []
    for i in range(count):
        if i % 2 and texts:
            old = rng.choice(texts)
            start = rng.randrange(len(old) // 2)
            texts.append(old[start:] + "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(rng.randrange(30))))
        else:
            texts.append("".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(rng.randrange(40, 120))))
    return texts


def test_pairs_are_those_that_every_text_held_to_every_other_gives() -> None:
    texts = [*invented(60, 0), "", REPORT[:4], REPORT]
    sets = [set(shingles(t).tolist()) for t in texts]
    wanted = [
        (i, j) for i in range(len(texts)) for j in range(i + 1, len(texts))
        if sets[i] and sets[j] and len(sets[i] & sets[j]) >= 0.5 * min(len(sets[i]), len(sets[j]))
    ]  # fmt: skip
    assert len(wanted) > 25
    assert near_pairs(texts) == wanted


def test_many_texts_are_joined_though_not_every_pair_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = invented(200, 1)
    exact = near_duplicate_groups(texts)
    monkeypatch.setattr(duplicates, "WHOLE", 0)  # candidates from one shingle in four
    found = near_duplicate_groups(texts)
    joined = [(i, j) for i in range(200) for j in range(i) if exact[i] == exact[j]]
    assert len(joined) > 100
    assert sum(found[i] == found[j] for i, j in joined) > 0.97 * len(joined)
    assert all(exact[i] == exact[j] for i in range(200) for j in range(i) if found[i] == found[j]), "and none wrongly"
    form = [f"{REPORT}第{i}号" for i in range(3 * COMMON)]  # of one form: its shingles are set phrases
    assert len(set(near_duplicate_groups(form))) == 1


def test_near_duplicates_stand_in_one_fold() -> None:
    rng = np.random.default_rng(0)
    gold = rng.random((300, 3)) < 0.3
    groups = list(range(300))
    for i in range(0, 60, 3):
        groups[i + 1] = groups[i + 2] = i
    folds = stratified_folds(gold, 5, 0, groups)
    assert all(folds[i] == folds[groups[i]] for i in range(300))
    assert max(Counter(folds).values()) - min(Counter(folds).values()) < 20
    assert stratified_folds(gold, 5, 0, list(range(300))) == stratified_folds(gold, 5, 0), (
        "alone they are dealt as ever"
    )
    assert can_be_fitted(gold, folds, 5)
    assert not can_be_fitted(gold, stratified_folds(gold, 5, 0, [0] * 300), 5), "one group fills one fold"


def test_a_run_keeps_its_folds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also one that began before near-duplicates stood in one fold: the logits that it has are of the rows of then."""
    gold, config = np.random.default_rng(0).random((300, 3)) < 0.3, TopicsConfig()
    groups = [0, 0, 0, *range(3, 300)]
    before, apart = (stratified_folds(gold, config.folds, config.train.seed, g) for g in ((), groups))
    assert before != apart
    (tmp_path / "new").mkdir()
    assert folds_of(tmp_path / "new", gold, config, groups) == apart
    (tmp_path / "new" / "fold0").mkdir()
    assert folds_of(tmp_path / "new", gold, config, [*range(300)]) == apart, "whatever is found to be near by now"
    (tmp_path / "old" / "fold0").mkdir(parents=True)
    assert folds_of(tmp_path / "old", gold, config, groups) == before
    assert "began before near-duplicates" in capsys.readouterr().err


def test_near_duplicates_with_other_labels_are_named() -> None:
    bodies = [
        REPORT,
        REPORT.replace("绿豆汤", "凉茶"),
        "青禾县职工篮球赛昨日落幕，来自二十家企业的代表队参加了角逐。",
        REPORT,
    ]
    rows = Dataset.from_dict({"id": list("abcd"), "headline": list("wxyz"), "body": bodies,
                              "labels": [["wellbeing"], [], [], ["wellbeing"]]})  # fmt: skip
    told = describe_rows(rows, ["wellbeing"], "train")["near"]
    assert (told["rows"], told["groups"], told["pairs"], told["labels_differ"]) == (3, 1, 3, 2)
    assert told["differing"][0] == {"ids": ["a", "b"], "labels": [["wellbeing"], []]}
    said = tell_near(told).splitlines()
    assert said[0].endswith("3 rows in 1 groups; of 3 pairs 2 have different labels")
    assert said[1:] == ["    a (wellbeing) and b (none)", "    b (none) and d (wellbeing)"]


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_shingles_ignore_spaces_and_are_sorted(text: str) -> None:
    own = shingles(text)
    assert (np.diff(own.astype(object)) > 0).all()
    assert (own == shingles(" ".join(text))).all()


@given(st.integers(1, 200), st.integers(1, 20), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_an_epoch_of_batches_visits_rows_once(rows: int, size: int, seed: int) -> None:
    plan = plan_batches(list(range(rows)), size, seed)
    seen = [r for step in range(max(1, rows // size)) for r in plan(step)]
    assert len(seen) == len(set(seen))
    again = plan_batches(list(range(rows)), size, seed)
    assert [plan(s) for s in range(3)] == [again(s) for s in (2, 1, 0)][::-1]


def test_schedule_warms_up_holds_and_decays() -> None:
    s = LoopSettings(steps=100, warmup=10, decay=20, learning_rate=1.0)
    rates = [learning_rate(i, s) for i in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:80] == [1.0] * 70
    assert rates[99] == pytest.approx(0.05)


def test_stacking_recovers_planted_weights() -> None:
    rng = np.random.default_rng(0)
    logits, linear = rng.normal(scale=3, size=(2, 20_000))
    gold = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits + 0.25 * linear - 1)))
    scale, weight, shift = fit_stack(logits, linear, gold)
    assert scale == pytest.approx(0.5, abs=0.03)
    assert weight == pytest.approx(0.25, abs=0.02)
    assert shift == pytest.approx(-1, abs=0.06)


def test_useless_scores_leave_the_base_rate() -> None:
    logits = np.linspace(-1, 1, 100)
    gold = logits < -0.8
    scale, weight, shift = fit_stack(logits, logits, gold)
    assert scale == weight == 0
    assert 1 / (1 + np.exp(-shift)) == pytest.approx(gold.mean(), abs=0.02)


def test_threshold_takes_the_middle_of_the_plateau() -> None:
    p = np.array([0.1] * 50 + [0.9] * 10)
    gold = p > 0.5
    assert best_threshold(p, gold) == pytest.approx(0.5, abs=0.05)


def test_decisions_send_the_uncertain_to_a_reader() -> None:
    rng = np.random.default_rng(1)
    gold = rng.random((600, 2)) < 0.2
    logits = np.where(gold, 4.0, -4.0) + rng.normal(size=(600, 2))
    nothing = np.zeros_like(logits)
    easy = fit_decisions(logits, nothing, gold)
    hard = fit_decisions(logits * 0.2 + rng.normal(size=(600, 2)), nothing, gold)
    assert easy.min_confidence < hard.min_confidence
    p = probabilities(logits, nothing, easy.topics)
    assert ((p >= [d.threshold for d in easy.topics]) == gold).mean() > 0.99


def test_folds_deal_out_every_label_set_evenly() -> None:
    gold = np.array([[True, False]] * 10 + [[False, False]] * 30)
    folds = stratified_folds(gold, 5, 0)
    assert all(sum(1 for f, g in zip(folds, gold, strict=True) if f == k and g[0]) == 2 for k in range(5))


@given(st.text(alphabet="工会职工服务平台，。abc \u3000𠮷", max_size=400), st.text(alphabet="工会竞赛", max_size=80))
@settings(max_examples=60, deadline=None)
def test_windows_drop_no_token(body: str, headline: str) -> None:
    from models.article import Article

    tok = tokenizer()
    tok.no_truncation()
    sizes = WindowSettings(max_tokens=60, overlap=8, headline_tokens=20)
    windows = cut_windows(Article(headline, body), tok, find_marks(tok), sizes)
    wanted = {tuple(o) for o in tok.encode(body, add_special_tokens=False).offsets}
    assert wanted == {(a, b) for w in windows for part, a, b in w.places if part == "body"}
    assert all(len(w.ids) == len(w.places) <= 60 for w in windows)
    head = [p for p in windows[0].places if p[0] == "headline"]
    assert all([p for p in w.places if p[0] == "headline"] == head for w in windows if len(head) <= 20)


@given(st.integers(0, 90), st.integers(0, 300), st.integers(16, 300))
@settings(max_examples=200, deadline=None)
def test_windows_of_any_size_read_the_whole_body(headline: int, body: int, longest: int) -> None:
    from models.article import Article

    tok = tokenizer()
    article = Article("工" * headline, "会" * body)
    windows = cut_windows(article, tok, find_marks(tok), WindowSettings(max_tokens=longest))
    assert 1 <= len(windows) <= 1 + headline + body
    assert all(len(w.ids) <= longest for w in windows)
    for part, text in (("headline", article.headline), ("body", article.body)):
        wanted = set(tok.encode(text, add_special_tokens=False).offsets)
        assert wanted == {(a, b) for w in windows for p, a, b in w.places if p == part}


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(text, "utf-8")
    return path


def test_configs_that_ship_are_valid() -> None:
    folder = Path(__file__).parent.parent / "training" / "configs"
    assert read_config(folder / "topics.toml", TopicsConfig).base.encoder_layers
    assert read_config(folder / "summaries.toml", SummariesConfig).base.decoder_layers
    further = read_config(folder / "summaries_further.toml", SummariesConfig)
    assert all((folder.parents[1] / name).exists() for name in (further.base.model, *further.data.more))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nmae = 'x'", "nmae"),
        ("[train]\nstep = 3", "step"),
        ("[train]\nsteps = 'many'", "steps"),
        ("[base]\nencoder_layers = 3", "encoder_layers"),
        ("= 3", "TOML"),
    ],
)
def test_wrong_configs_name_the_key(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(BadInput, match=names):
        read_config(config(tmp_path, text), TopicsConfig)


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no config file"):
        read_config(tmp_path / "none.toml", TopicsConfig)


def test_pairs_that_count_are_seen_as_often_as_the_config_says() -> None:
    counted = "7月12日，青禾县总工会为三百二十名建筑工人送去绿豆汤。"
    rows = Dataset.from_dict({
        "body": [counted, counted, counted, REPORT],
        "target": ["工会为320名工人送绿豆汤", "工会为九十名工人送绿豆汤", "工会送清凉", "送清凉到工地"],
    })  # fmt: skip

    def seen(repeats: int) -> list[int]:
        data = DataSettings(max_source_tokens=64, max_target_tokens=48, numbered_repeats=repeats)
        pairs = encode_pairs(rows, tokenizer(), data)
        return list(Counter(tuple(target) for _, target in pairs).values())

    assert seen(1) == [1, 1, 1, 1]
    assert seen(3) == [3, 1, 1, 1]
